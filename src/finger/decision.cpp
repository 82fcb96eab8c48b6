#include "finger/decision.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/result.h"
#include "finger/template.h"

namespace qorgan::finger {
namespace {

// Share of the comparisons of different fingers that reach so many similar rows, one finger. Measured on seven real
// sets with projections learnt on the other six, by
//   bench/accuracy.sh build/release/qorgan ../shared/fingerprints OUT fvc2002_db2=569
//   bench/calibrate.py OUT/*.txt
// 20160 comparisons, counted up to 4 rows, then by a factor of 0.294 each
constexpr std::array<double, kRows + 1> kOneFingerTail = {
    1.000e+00, 2.058e-01, 4.474e-02, 1.101e-02, 3.819e-03, 1.121e-03, 3.292e-04, 9.664e-05, 2.837e-05,
    8.329e-06, 2.445e-06, 7.179e-07, 2.108e-07, 6.187e-08, 1.816e-08, 5.333e-09, 1.566e-09, 4.596e-10,
    1.349e-10, 3.961e-11, 1.163e-11, 3.414e-12, 1.002e-12, 2.943e-13, 8.639e-14, 2.536e-14, 7.446e-15,
    2.186e-15, 6.417e-16, 1.884e-16, 5.531e-17, 1.624e-17, 4.767e-18,
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
