#include "finger/decision.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/result.h"
#include "finger/template.h"

namespace qorgan::finger {
namespace {

constexpr std::array<double, kRows + 1> kOneFingerTail = {
    1.000e+00, 3.000e-01, 1.000e-01, 3.000e-02, 1.000e-02, 4.000e-03, 1.600e-03, 6.400e-04, 2.560e-04,
    1.024e-04, 4.096e-05, 1.638e-05, 6.554e-06, 2.621e-06, 1.049e-06, 4.194e-07, 1.678e-07, 6.711e-08,
    2.684e-08, 1.074e-08, 4.295e-09, 1.718e-09, 6.872e-10, 2.749e-10, 1.100e-10, 4.398e-11, 1.759e-11,
    7.037e-12, 2.815e-12, 1.126e-12, 4.504e-13, 1.801e-13, 7.206e-14,
};

using Tail = std::vector<double>;
using Tails = std::array<Tail, limits::fingers_per_person_max + 1>;

// From the tail of one sum to that of the sum with one finger more.
Tail with_one_more(const Tail& tail) {
  Tail sum(tail.size() + kRows, 0.0);
  for (std::size_t own = 0; own <= kRows; ++own) {
    const double share = kOneFingerTail[own] - (own < kRows ? kOneFingerTail[own + 1] : 0);
    for (std::size_t rows = 0; rows < sum.size(); ++rows) {
      const std::size_t missing = rows > own ? rows - own : 0;
      if (missing < tail.size()) sum[rows] += share * tail[missing];
    }
  }
  return sum;
}

const Tails& tails() {
  static const Tails all = [] {
    Tails made;
    made[0] = {1.0};
    for (std::size_t fingers = 1; fingers < made.size(); ++fingers) made[fingers] = with_one_more(made[fingers - 1]);
    return made;
  }();
  return all;
}

const Tail& tail_of(int fingers) {
  QORGAN_ASSERT(fingers >= 0 && fingers <= limits::fingers_per_person_max);
  return tails()[static_cast<std::size_t>(fingers)];
}

// One more than can be reached where no number of rows is rare enough.
int rows_min(int fingers, double false_match_rate_max) {
  const Tail& tail = tail_of(fingers);
  const auto rare = std::find_if(tail.begin(), tail.end(), [&](double rate) { return rate <= false_match_rate_max; });
  return std::max(1, static_cast<int>(rare - tail.begin()));
}

}  // namespace

int verification_rows_min(int fingers) {
  return rows_min(fingers, fingers <= 1 ? kVerificationFmrOneFinger : kVerificationFmrManyFingers);
}

int identification_rows_min(int fingers, std::size_t gallery_people) {
  const double people = static_cast<double>(std::max<std::size_t>(gallery_people, 1));
  // Never laxer than a verification: few people in the gallery are no reason for wrong answers.
  return std::max(verification_rows_min(fingers), rows_min(fingers, kIdentificationFpir / people));
}

double false_match_rate(int fingers, int rows) {
  QORGAN_ASSERT(rows >= 0);
  const Tail& tail = tail_of(fingers);
  return static_cast<std::size_t>(rows) < tail.size() ? tail[static_cast<std::size_t>(rows)] : 0;
}

}  // namespace qorgan::finger
