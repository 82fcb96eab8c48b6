// The tables of the decision (finger/decision_table.h) from the scores of trials.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "finger/decision_model.h"
#include "lab/score_file.h"
#include "lab/tail.h"

namespace qorgan::lab {

struct Calibration {
  TailFit score;  // of mpc::score, shape root
  TailFit rows;   // of mpc::sieve_score, shape linear

  // Errs on the side of "no": the upper bound for the score. How many survive a search's first stage costs time, not
  // safety, so that the estimate serves for the rows.
  finger::DecisionModel decision() const { return {score.upper, rows.estimate}; }
};

// Repeatable: the draws of the bootstrap come from the seed. Errors: invalid_input where there are too few comparisons
// of different fingers to fit a tail.
Result<Calibration> calibrate(std::span<const ScoreSet> score, std::span<const ScoreSet> rows, std::uint64_t seed = 1);

// The header that finger/decision.cpp includes. `command` and `sets` tell where it comes from.
std::string decision_table_source(const Calibration& calibration, const std::string& command, std::size_t sets);

}  // namespace qorgan::lab
