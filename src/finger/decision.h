// How alike fingers must be for a "yes": the thresholds of the decision, the same at all custodians.
#pragma once

#include <cstddef>

#include "base/limits.h"

namespace qorgan::finger {

// False match rates aimed at (ISO/IEC 19795-1). A second finger multiplies evidence, so it is spent on safety first.
inline constexpr double kVerificationFmrOneFinger = 1e-3;
inline constexpr double kVerificationFmrManyFingers = 1e-5;
// Share of searches of people who are not in the gallery that give a candidate all the same.
inline constexpr double kIdentificationFpir = 0.01;
// Share of other people that a search may let through to its second stage: a comparison there takes some thirty times
// as long as in the first, so that so few add less than a twentieth to a search.
inline constexpr double kSurvivorShareMax = 0.0015;

// The scores (mpc::score, mpc/reference.h) of a person's fingers are added up and compared with these: "yes" from them
// on. `fingers` is the number of finger pairs compared, 0..limits::fingers_per_person_max (asserted); with none
// compared the threshold is 1, which a sum of nothing never reaches. A threshold may exceed what so few fingers can
// reach at all, in a large gallery with one finger: then the answer is always "no".
int verification_score_min(int fingers);
int identification_score_min(int fingers, std::size_t gallery_people);

// The first stage of a search looks at matched rows alone (mpc::sieve_score), added up over a person's fingers: from
// so many on a person goes on to the second stage, which decides by the score.
int survivor_rows_min(int fingers);

// An upper bound of the probability that fingers of two different people reach `score` in all, at 95 % confidence. From
// the scores of one finger (finger/decision_table.h, made by `qorgan lab calibrate`; the model is that of lab/tail.h),
// fingers taken as independent of one another.
double false_match_rate(int fingers, int score);

}  // namespace qorgan::finger
