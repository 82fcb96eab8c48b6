// From how often one finger's non-mated scores reach each value to the thresholds of a decision on several fingers.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/limits.h"

namespace qorgan::finger {

// Share of non-mated comparisons that reach 0, 1, 2, ... with one finger: begins with 1 and never rises.
using Tail = std::vector<double>;

// The tails of the sums of 0 .. limits::fingers_per_person_max fingers, taken as independent of one another.
class SumTails {
 public:
  // `one` is not empty and begins with 1 (asserted).
  explicit SumTails(std::span<const double> one);

  // The share of sums of so many fingers that reach `score`; 0 beyond what they can reach. fingers is
  // 0..limits::fingers_per_person_max, score at least 0 (asserted).
  double share(int fingers, int score) const;
  // The lowest score, at least 1, that at most this share reaches; one more than can be reached where none is so rare.
  int lowest(int fingers, double share_max) const;

 private:
  const Tail& of(int fingers) const;
  std::vector<Tail> sums_;
};

// The decision of a network on given tails: of the score (mpc::score) and of the matched rows (mpc::sieve_score).
// The functions are those of finger/decision.h.
class DecisionModel {
 public:
  DecisionModel(std::span<const double> score_tail, std::span<const double> rows_tail);

  int verification_score_min(int fingers) const;
  int identification_score_min(int fingers, std::size_t gallery_people) const;
  int survivor_rows_min(int fingers) const;
  double false_match_rate(int fingers, int score) const { return scores_.share(fingers, score); }
  const SumTails& scores() const { return scores_; }
  const SumTails& rows() const { return rows_; }

 private:
  SumTails scores_;
  SumTails rows_;
};

}  // namespace qorgan::finger
