// How sure a figure is: the bootstrap over subjects (ISO/IEC 19795-1:2021, annex B; Bolle, Ratha, Pankanti, "Error
// analysis of pattern recognition systems: the subsets bootstrap", CVIU 93(1), 2004). Comparisons of one finger are not
// independent of one another, so that the rule of 3 and Clopper-Pearson, which take them as such, come out too narrow;
// drawing whole fingers, with all their comparisons, does not.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "lab/error_rates.h"

namespace qorgan::lab {

struct Interval {
  double low = 0;
  double high = 0;
};

struct BootstrapOptions {
  int replicates = 1000;
  std::uint64_t seed = 1;
};

// The interval between the 2.5 % and 97.5 % quantiles of `statistic` over replicates. In each, every set's subjects are
// drawn anew, as many as there are, with replacement; `statistic` is given the counts of each set, in order.
using Statistic = std::function<double(std::span<const Counts> sets)>;
Interval bootstrap(std::span<const ScoreSet> sets, const Statistic& statistic, const BootstrapOptions& options = {});
// Several statistics from the same draws, at the price of one.
std::vector<Interval> bootstrap(std::span<const ScoreSet> sets, std::span<const Statistic> statistics,
                                const BootstrapOptions& options = {});

// The value below which this share of them lies; values is not empty (asserted) and share within 0..1.
double quantile(std::vector<double> values, double share);

// The exact one-sided 95 % upper bound of a rate of which `errors` were seen in `trials` independent trials (Clopper,
// Pearson, Biometrika 26(4), 1934); without an error it is the rule of 3, 3 / trials. 0 <= errors <= trials, trials at
// least 1 (asserted).
double clopper_pearson_upper(int errors, int trials);

}  // namespace qorgan::lab
