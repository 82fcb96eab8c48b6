#include "finger/decision.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "finger/decision_model.h"
#include "finger/decision_table.h"
#include "finger/template.h"

namespace qorgan::finger {
namespace {

TEST(Decision, NothingComparedIsNeverEnough) {
  EXPECT_EQ(verification_score_min(0), 1);
  EXPECT_EQ(identification_score_min(0, 1000), 1);
  EXPECT_EQ(survivor_rows_min(0), 1);
}

TEST(Decision, TheThresholdIsTheLowestThatKeepsTheRate) {
  for (int fingers = 1; fingers <= limits::fingers_per_person_max; ++fingers) {
    const double aim = fingers == 1 ? kVerificationFmrOneFinger : kVerificationFmrManyFingers;
    const int score = verification_score_min(fingers);
    EXPECT_LE(false_match_rate(fingers, score), aim) << fingers;
    EXPECT_GT(false_match_rate(fingers, score - 1), aim) << fingers;
  }
}

// Mated scores of real prints are around a hundred a finger; strangers' hardly reach 25.
TEST(Decision, ThresholdsLieBetweenStrangersAndMates) {
  EXPECT_GE(verification_score_min(1), 12);
  EXPECT_LE(verification_score_min(1), 30);
  EXPECT_GE(verification_score_min(2), 30);
  EXPECT_LE(verification_score_min(2), 80);
  EXPECT_LE(identification_score_min(2, limits::gallery_people_max), 160);
}

TEST(Decision, MoreFingersNeedLessEach) {
  for (int fingers = 2; fingers < limits::fingers_per_person_max; ++fingers) {
    EXPECT_GE(verification_score_min(fingers + 1), verification_score_min(fingers)) << fingers;
    EXPECT_LT(verification_score_min(fingers + 1) * fingers, verification_score_min(fingers) * (fingers + 1));
  }
}

TEST(Decision, ALargerGalleryIsStricter) {
  for (int fingers = 1; fingers <= limits::fingers_per_person_max; ++fingers) {
    int before = 0;
    for (std::size_t people = 1; people <= limits::gallery_people_max; people *= 10) {
      const int score = identification_score_min(fingers, people);
      EXPECT_GE(score, before) << fingers << " fingers, " << people << " people";
      EXPECT_GE(score, verification_score_min(fingers));
      EXPECT_LE(false_match_rate(fingers, score) * static_cast<double>(people), kIdentificationFpir * (1 + 1e-9));
      before = score;
    }
    EXPECT_GT(before, identification_score_min(fingers, 1));
  }
  EXPECT_EQ(identification_score_min(2, 0), identification_score_min(2, 1));
}

TEST(Decision, FewSurvive) {
  const SumTails rows(kRowsTail);
  for (int fingers = 1; fingers <= limits::fingers_per_person_max; ++fingers) {
    const int least = survivor_rows_min(fingers);
    EXPECT_LE(rows.share(fingers, least), kSurvivorShareMax) << fingers;
    EXPECT_GT(rows.share(fingers, least - 1), kSurvivorShareMax) << fingers;
  }
}

TEST(Decision, RatesAreProbabilitiesThatFall) {
  for (int fingers = 0; fingers <= limits::fingers_per_person_max; ++fingers) {
    EXPECT_NEAR(false_match_rate(fingers, 0), 1, 1e-9);
    for (int score = 1; score <= fingers * kScoreMax + 2; ++score) {
      EXPECT_LE(false_match_rate(fingers, score), false_match_rate(fingers, score - 1));
      EXPECT_GE(false_match_rate(fingers, score), 0);
    }
    EXPECT_EQ(false_match_rate(fingers, fingers * kScoreMax + 1), 0);
  }
}

// 0, 1 or 2 with shares 0.5, 0.3, 0.2: a sum of two reaches 3 by (1,2), (2,1) and (2,2).
TEST(DecisionModel, TwoFingersAreTheSumOfTwoOfOne) {
  const SumTails sums(std::array{1.0, 0.5, 0.2});
  EXPECT_NEAR(sums.share(2, 3), 2 * 0.3 * 0.2 + 0.2 * 0.2, 1e-12);
  EXPECT_NEAR(sums.share(2, 4), 0.04, 1e-12);
  EXPECT_EQ(sums.share(2, 5), 0);
  EXPECT_EQ(sums.lowest(2, 0.17), 3);
  EXPECT_EQ(sums.lowest(2, 0.01), 5);
}

TEST(DecisionDeathTest, MoreFingersThanAHandHasStopTheProgram) {
  EXPECT_DEATH(verification_score_min(11), "invariant violated");
  EXPECT_DEATH(verification_score_min(-1), "invariant violated");
}

}  // namespace
}  // namespace qorgan::finger
