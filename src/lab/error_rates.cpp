#include "lab/error_rates.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/result.h"

namespace qorgan::lab {

void Histogram::add(int score, double weight) {
  QORGAN_ASSERT(score >= 0);
  const auto at = static_cast<std::size_t>(score);
  if (at >= weights_.size()) weights_.resize(at + 1, 0.0);
  weights_[at] += weight;
  total_ += weight;
}

double Histogram::share_from(int score) const {
  if (total_ <= 0) return 0;
  double sum = 0;
  for (int i = end(); i-- > std::max(score, 0);) sum += weights_[static_cast<std::size_t>(i)];
  return sum / total_;
}

double Histogram::at(int score) const {
  return score >= 0 && score < end() ? weights_[static_cast<std::size_t>(score)] : 0;
}

void add(Counts& counts, const ScoreSet& set) {
  const std::vector<int> once(static_cast<std::size_t>(set.subjects), 1);
  add_drawn(counts, set, once);
}

void add_drawn(Counts& counts, const ScoreSet& set, std::span<const int> draws) {
  for (const SubjectPair& pair : set.pairs) {
    const bool mated = pair.a == pair.b;
    const int weight = draws[static_cast<std::size_t>(pair.a)] * (mated ? 1 : draws[static_cast<std::size_t>(pair.b)]);
    if (weight == 0) continue;
    Histogram& histogram = mated ? counts.mated : counts.nonmated;
    for (const int score : pair.scores) histogram.add(score, weight);
  }
}

std::vector<RatePoint> rate_points(const Counts& counts) {
  const int end = std::max(counts.mated.end(), counts.nonmated.end());
  std::vector<RatePoint> points;
  double mated = 0;
  double nonmated = 0;
  for (int score = end; score >= 1; --score) {
    mated += counts.mated.at(score);
    nonmated += counts.nonmated.at(score);
    points.push_back({score, counts.nonmated.total() > 0 ? nonmated / counts.nonmated.total() : 0,
                      counts.mated.total() > 0 ? 1 - mated / counts.mated.total() : 0});
  }
  std::reverse(points.begin(), points.end());
  return points;
}

double fnmr_at(const Counts& counts, double fmr_max) {
  for (const RatePoint& point : rate_points(counts))
    if (point.fmr <= fmr_max) return std::max(0.0, point.fnmr);
  return 1;
}

Figures figures(const Counts& counts) {
  Figures found{1, fnmr_at(counts, 0.01), fnmr_at(counts, 0.001), fnmr_at(counts, 0)};
  double least = std::numeric_limits<double>::infinity();
  for (const RatePoint& point : rate_points(counts)) {
    const double gap = std::abs(point.fmr - point.fnmr);
    if (gap >= least) continue;
    least = gap;
    found.eer = (point.fmr + point.fnmr) / 2;
  }
  return found;
}

}  // namespace qorgan::lab
