// How rarely non-mated scores get high: counted where there are enough of them, modelled beyond.
//
// The model. Up to `counted_to`, which at least exceedances_min comparisons reach, the shares are those counted.
// Beyond,
//   share(s) = share(counted_to) * exp(-rate * (g(s) - g(counted_to))).
// For matched rows g(s) = s: each further row of a stranger that matches by chance costs the same factor. For the score
// g(s) = sqrt(s): k rows that match and fit together by chance are about k*k/2 pairs, so that a tail that falls by a
// constant factor a row falls by a constant factor a square root of the score. That is slower than an exponential and
// thus the careful choice. `rate` is the maximum-likelihood estimate from the exceedances, scores being whole numbers.
//
// The upper bound is the 95 % quantile, score by score, of the same fit on bootstrap replicates. A replicate draws sets
// first, a reader not seen being a new set, then fingers of each.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "finger/decision_model.h"
#include "lab/score_set.h"

namespace qorgan::lab {

enum class TailShape { linear, root };

struct TailOptions {
  TailShape shape = TailShape::root;
  int score_max = 0;  // the tails are given for 0..score_max
  int exceedances_min = 100;
  int replicates = 1000;
  std::uint64_t seed = 1;
};

struct TailFit {
  double comparisons = 0;  // non-mated
  int counted_to = 0;
  double rate = 0;
  finger::Tail estimate;
  finger::Tail upper;  // at least the estimate
};

// Fits the non-mated comparisons of the sets; nothing where there are fewer than exceedances_min, or none above 0.
std::optional<TailFit> fit_tail(std::span<const ScoreSet> sets, const TailOptions& options);

}  // namespace qorgan::lab
