// The trial behind docs/accuracy.md: sets of real prints, each judged with what was learnt on the others.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "finger/decision_model.h"
#include "finger/minutia.h"
#include "finger/projection.h"
#include "lab/score_set.h"
#include "lab/search.h"

namespace qorgan::lab {

// Prints in the order of their names. Of one without minutiae nothing is known: it matches nothing.
struct PrintSet {
  std::string name;
  std::vector<PrintName> prints;
  std::vector<std::optional<finger::Minutiae>> minutiae;
};

struct JudgedSet {
  PrintSet source;
  finger::Projection projection;  // learnt on the other sets
  std::vector<std::optional<finger::Template>> templates;
  ScoreTable table;
  finger::DecisionModel decision;  // calibrated on the other sets' scores
};

// Errors: invalid_input with fewer than two sets, or too few prints to learn or calibrate from.
Result<std::vector<JudgedSet>> judge(std::vector<PrintSet> sets);

// Searches with all but the first impression of every subject, in a gallery of the first ones of all sets, each set's
// probes with its own projection and decision. Subjects of fingers_per_subject fingers, as in group().
struct RealSearches {
  std::size_t gallery_people = 0;
  struct Search {
    SearchOutcome outcome;
    int score_min = 0;  // the decision of the probe's set
  };
  std::vector<Search> searches;
};
RealSearches search_real(std::span<const JudgedSet> sets, int fingers_per_subject);

}  // namespace qorgan::lab
