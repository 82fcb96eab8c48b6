#include "finger/decision_model.h"

#include <algorithm>

#include "base/result.h"
#include "finger/decision.h"

namespace qorgan::finger {
namespace {

// From the tail of one sum to that of the sum with one finger more.
Tail with_one_more(const Tail& sum, std::span<const double> one) {
  Tail more(sum.size() + one.size() - 1, 0.0);
  for (std::size_t own = 0; own < one.size(); ++own) {
    const double exactly = one[own] - (own + 1 < one.size() ? one[own + 1] : 0);
    for (std::size_t score = 0; score < more.size(); ++score) {
      const std::size_t missing = score > own ? score - own : 0;
      if (missing < sum.size()) more[score] += exactly * sum[missing];
    }
  }
  return more;
}

}  // namespace

SumTails::SumTails(std::span<const double> one) {
  QORGAN_ASSERT(!one.empty() && one.front() == 1.0);
  sums_.push_back({1.0});
  for (int fingers = 1; fingers <= limits::fingers_per_person_max; ++fingers)
    sums_.push_back(with_one_more(sums_.back(), one));
}

const Tail& SumTails::of(int fingers) const {
  QORGAN_ASSERT(fingers >= 0 && fingers <= limits::fingers_per_person_max);
  return sums_[static_cast<std::size_t>(fingers)];
}

double SumTails::share(int fingers, int score) const {
  QORGAN_ASSERT(score >= 0);
  const Tail& tail = of(fingers);
  return static_cast<std::size_t>(score) < tail.size() ? tail[static_cast<std::size_t>(score)] : 0;
}

int SumTails::lowest(int fingers, double share_max) const {
  const Tail& tail = of(fingers);
  const auto rare = std::find_if(tail.begin(), tail.end(), [&](double share) { return share <= share_max; });
  return std::max(1, static_cast<int>(rare - tail.begin()));
}

DecisionModel::DecisionModel(std::span<const double> score_tail, std::span<const double> rows_tail)
    : scores_(score_tail), rows_(rows_tail) {}

int DecisionModel::verification_score_min(int fingers) const {
  return scores_.lowest(fingers, fingers <= 1 ? kVerificationFmrOneFinger : kVerificationFmrManyFingers);
}

int DecisionModel::identification_score_min(int fingers, std::size_t gallery_people) const {
  const double people = static_cast<double>(std::max<std::size_t>(gallery_people, 1));
  // Never laxer than a verification: few people in the gallery are no reason for wrong answers.
  return std::max(verification_score_min(fingers), scores_.lowest(fingers, kIdentificationFpir / people));
}

int DecisionModel::survivor_rows_min(int fingers) const {
  return rows_.lowest(fingers, kSurvivorShareMax);
}

}  // namespace qorgan::finger
