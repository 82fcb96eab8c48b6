#include "lab/tail.h"

#include <algorithm>
#include <cmath>

#include "finger/synth/random.h"
#include "lab/bootstrap.h"
#include "lab/error_rates.h"

namespace qorgan::lab {
namespace {

constexpr double kRateMax = 50;
constexpr double kUpperConfidence = 0.95;

double stretched(TailShape shape, int score) {
  return shape == TailShape::linear ? score : std::sqrt(score);
}

// Log-likelihood of the exceedances of `from`.
double log_likelihood(const Histogram& histogram, TailShape shape, int from, double rate) {
  double sum = 0;
  for (int score = from; score < histogram.end(); ++score) {
    if (histogram.at(score) <= 0) continue;
    const double begins = stretched(shape, score) - stretched(shape, from);
    const double width = stretched(shape, score + 1) - stretched(shape, score);
    sum += histogram.at(score) * (-rate * begins + std::log(-std::expm1(-rate * width)));
  }
  return sum;
}

// The likelihood has one maximum: a sum of concave functions of the rate.
double fit_rate(const Histogram& histogram, TailShape shape, int from) {
  double low = 1e-3;
  double high = kRateMax;
  for (int i = 0; i < 80; ++i) {
    const double left = low + (high - low) / 3;
    const double right = high - (high - low) / 3;
    const bool rising = log_likelihood(histogram, shape, from, left) < log_likelihood(histogram, shape, from, right);
    (rising ? low : high) = rising ? left : right;
  }
  return (low + high) / 2;
}

finger::Tail tail_of(const Histogram& histogram, const TailOptions& options, int counted_to, double rate) {
  finger::Tail tail;
  for (int score = 0; score <= options.score_max; ++score) {
    const int counted = std::min(score, counted_to);
    const double beyond = stretched(options.shape, score) - stretched(options.shape, counted);
    tail.push_back(histogram.share_from(counted) * std::exp(-rate * beyond));
  }
  return tail;
}

Histogram draw(std::span<const ScoreSet> sets, finger::synth::Random& random) {
  Counts counts;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const ScoreSet& set = sets[static_cast<std::size_t>(random.below(static_cast<int>(sets.size())))];
    std::vector<int> draws(static_cast<std::size_t>(set.subjects), 0);
    for (int s = 0; s < set.subjects; ++s) ++draws[static_cast<std::size_t>(random.below(set.subjects))];
    add_drawn(counts, set, draws);
  }
  return counts.nonmated;
}

finger::Tail upper_bound(std::span<const ScoreSet> sets, const TailOptions& options, const TailFit& fit) {
  finger::synth::Random random(options.seed);
  std::vector<std::vector<double>> shares(fit.estimate.size());
  for (int replicate = 0; replicate < options.replicates; ++replicate) {
    const Histogram histogram = draw(sets, random);
    if (histogram.share_from(fit.counted_to) <= 0) continue;
    const double rate = fit_rate(histogram, options.shape, fit.counted_to);
    const finger::Tail tail = tail_of(histogram, options, fit.counted_to, rate);
    for (std::size_t score = 0; score < tail.size(); ++score) shares[score].push_back(tail[score]);
  }
  finger::Tail upper;
  for (std::size_t score = 0; score < shares.size(); ++score)
    upper.push_back(shares[score].empty() ? fit.estimate[score]
                                          : std::max(fit.estimate[score], quantile(shares[score], kUpperConfidence)));
  return upper;
}

}  // namespace

std::optional<TailFit> fit_tail(std::span<const ScoreSet> sets, const TailOptions& options) {
  Counts counts;
  for (const ScoreSet& set : sets) add(counts, set);
  const Histogram& histogram = counts.nonmated;
  TailFit fit;
  fit.comparisons = histogram.total();
  for (int score = 1; score < histogram.end() && score <= options.score_max; ++score)
    if (histogram.share_from(score) * histogram.total() >= options.exceedances_min - 0.5) fit.counted_to = score;
  if (fit.counted_to == 0) return std::nullopt;
  fit.rate = fit_rate(histogram, options.shape, fit.counted_to);
  fit.estimate = tail_of(histogram, options, fit.counted_to, fit.rate);
  fit.upper = upper_bound(sets, options, fit);
  return fit;
}

}  // namespace qorgan::lab
