#include "lab/bootstrap.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/result.h"
#include "finger/synth/random.h"

namespace qorgan::lab {
namespace {

std::vector<int> draw_subjects(finger::synth::Random& random, int subjects) {
  std::vector<int> draws(static_cast<std::size_t>(subjects), 0);
  for (int i = 0; i < subjects; ++i) ++draws[static_cast<std::size_t>(random.below(subjects))];
  return draws;
}

// P(at most `errors` of `trials`) at this rate.
double at_most(int errors, int trials, double rate) {
  double sum = 0;
  for (int k = 0; k <= errors; ++k)
    sum += std::exp(std::lgamma(trials + 1.0) - std::lgamma(k + 1.0) - std::lgamma(trials - k + 1.0) +
                    k * std::log(rate) + (trials - k) * std::log1p(-rate));
  return sum;
}

}  // namespace

double quantile(std::vector<double> values, double share) {
  QORGAN_ASSERT(!values.empty());
  const auto at = static_cast<std::size_t>(std::lround(share * static_cast<double>(values.size() - 1)));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

std::vector<Interval> bootstrap(std::span<const ScoreSet> sets, std::span<const Statistic> statistics,
                                const BootstrapOptions& options) {
  finger::synth::Random random(options.seed);
  std::vector<std::vector<double>> found(statistics.size());
  for (int replicate = 0; replicate < options.replicates; ++replicate) {
    std::vector<Counts> counts(sets.size());
    for (std::size_t s = 0; s < sets.size(); ++s)
      add_drawn(counts[s], sets[s], draw_subjects(random, sets[s].subjects));
    for (std::size_t i = 0; i < statistics.size(); ++i) found[i].push_back(statistics[i](counts));
  }
  std::vector<Interval> intervals;
  for (const auto& values : found) intervals.push_back({quantile(values, 0.025), quantile(values, 0.975)});
  return intervals;
}

Interval bootstrap(std::span<const ScoreSet> sets, const Statistic& statistic, const BootstrapOptions& options) {
  return bootstrap(sets, std::span(&statistic, 1), options).front();
}

double clopper_pearson_upper(int errors, int trials) {
  QORGAN_ASSERT(trials >= 1 && errors >= 0 && errors <= trials);
  if (errors == trials) return 1;
  double low = 0;
  double high = 1;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (at_most(errors, trials, middle) > 0.05 ? low : high) = middle;
  }
  return high;
}

}  // namespace qorgan::lab
