// How many rows of a probe must match for a "yes": the thresholds of the decision, the same at all custodians.
#pragma once

#include <cstddef>

#include "base/limits.h"

namespace qorgan::finger {

// False match rates aimed at (ISO/IEC 19795-1). A second finger multiplies evidence, so it is spent on safety first.
inline constexpr double kVerificationFmrOneFinger = 1e-3;
inline constexpr double kVerificationFmrManyFingers = 1e-5;
// Share of searches of people who are not in the gallery that give a candidate all the same.
inline constexpr double kIdentificationFpir = 0.01;

// The coarse scores (mpc/reference.h) of a person's fingers are added up and compared with these: "yes" from them on.
// `fingers` is the number of finger pairs compared, 0..limits::fingers_per_person_max (asserted); with none compared
// the threshold is 1, which a sum of nothing never reaches. A threshold may exceed what so few fingers can reach at
// all, in a large gallery with one finger: then the answer is always "no".
int verification_rows_min(int fingers);
int identification_rows_min(int fingers, std::size_t gallery_people);

// The modelled probability that fingers of two different people reach `rows` matched rows in all. From the scores of
// one finger (the table in decision.cpp, see there for how it was measured), fingers taken as independent of one
// another.
double false_match_rate(int fingers, int rows);

}  // namespace qorgan::finger
