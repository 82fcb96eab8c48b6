// FMR, FNMR and what is read off them (ISO/IEC 19795-1:2021, 3 and 8).
#pragma once

#include <span>
#include <vector>

#include "lab/score_set.h"

namespace qorgan::lab {

// How much of the comparisons has each score.
class Histogram {
 public:
  void add(int score, double weight);
  double total() const { return total_; }
  // The share that reaches `score`; 0 where nothing was counted.
  double share_from(int score) const;
  // One past the highest score counted.
  int end() const { return static_cast<int>(weights_.size()); }
  double at(int score) const;

 private:
  std::vector<double> weights_;
  double total_ = 0;
};

// The scores of one set or several, mated and not.
struct Counts {
  Histogram mated;
  Histogram nonmated;
};
void add(Counts& counts, const ScoreSet& set);
// Subject s counted draws[s] times: a comparison of two counts the product, a mated one its subject's number.
void add_drawn(Counts& counts, const ScoreSet& set, std::span<const int> draws);

// One threshold: accepted from `score` on.
struct RatePoint {
  int score = 0;
  double fmr = 0;
  double fnmr = 0;
};
// For thresholds 1, 2, ... one past the highest score: from 1 on, since a print without a template counts as 0 and
// matches nothing.
std::vector<RatePoint> rate_points(const Counts& counts);

struct Figures {
  double eer = 0;        // mean of the two rates where they differ least
  double fnmr_1 = 0;     // the lowest FNMR with an FMR of at most 1 %
  double fnmr_01 = 0;    // 0.1 %
  double fnmr_zero = 0;  // without any false match among those counted
};
Figures figures(const Counts& counts);
// The lowest FNMR with an FMR of at most that.
double fnmr_at(const Counts& counts, double fmr_max);

}  // namespace qorgan::lab
