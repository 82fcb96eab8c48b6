#include "finger/decision.h"

#include <gtest/gtest.h>

#include <cmath>

#include "finger/template.h"

namespace qorgan::finger {
namespace {

TEST(Decision, NothingComparedIsNeverEnough) {
  EXPECT_EQ(verification_rows_min(0), 1);
  EXPECT_EQ(identification_rows_min(0, 1000), 1);
}

TEST(Decision, TheThresholdIsTheLowestThatKeepsTheRate) {
  for (int fingers = 1; fingers <= limits::fingers_per_person_max; ++fingers) {
    const double aim = fingers == 1 ? kVerificationFmrOneFinger : kVerificationFmrManyFingers;
    const int rows = verification_rows_min(fingers);
    EXPECT_LE(false_match_rate(fingers, rows), aim) << fingers;
    EXPECT_GT(false_match_rate(fingers, rows - 1), aim) << fingers;
  }
}

TEST(Decision, OneFingerLeavesRoomForMatedScores) {
  EXPECT_GE(verification_rows_min(1), 4);
  EXPECT_LE(verification_rows_min(1), 12);
}

TEST(Decision, MoreFingersNeedFewerRowsEach) {
  for (int fingers = 2; fingers < limits::fingers_per_person_max; ++fingers) {
    const double each = static_cast<double>(verification_rows_min(fingers)) / fingers;
    const double more = static_cast<double>(verification_rows_min(fingers + 1)) / (fingers + 1);
    EXPECT_LT(more, each) << fingers;
    EXPECT_GE(verification_rows_min(fingers + 1), verification_rows_min(fingers)) << fingers;
  }
}

TEST(Decision, ALargerGalleryIsStricter) {
  for (int fingers = 1; fingers <= limits::fingers_per_person_max; ++fingers) {
    int before = 0;
    for (std::size_t people = 1; people <= limits::gallery_people_max; people *= 10) {
      const int rows = identification_rows_min(fingers, people);
      EXPECT_GE(rows, before) << fingers << " fingers, " << people << " people";
      EXPECT_GE(rows, verification_rows_min(fingers));
      EXPECT_LE(false_match_rate(fingers, rows) * static_cast<double>(people), kIdentificationFpir * (1 + 1e-9));
      before = rows;
    }
    EXPECT_GT(before, identification_rows_min(fingers, 1));
  }
  EXPECT_EQ(identification_rows_min(2, 0), identification_rows_min(2, 1));
}

TEST(Decision, RatesAreProbabilitiesThatFall) {
  for (int fingers = 0; fingers <= limits::fingers_per_person_max; ++fingers) {
    EXPECT_NEAR(false_match_rate(fingers, 0), 1, 1e-12);
    for (int rows = 1; rows <= fingers * kRows + 2; ++rows) {
      EXPECT_LE(false_match_rate(fingers, rows), false_match_rate(fingers, rows - 1));
      EXPECT_GE(false_match_rate(fingers, rows), 0);
    }
    EXPECT_EQ(false_match_rate(fingers, fingers * kRows + 1), 0);
  }
}

// The sum of two by hand: every way in which two scores add up to at least 7.
TEST(Decision, TwoFingersAreTheSumOfTwoOfOne) {
  const auto exactly = [](int rows) { return false_match_rate(1, rows) - false_match_rate(1, rows + 1); };
  double expected = 0;
  for (int a = 0; a <= kRows; ++a)
    for (int b = 0; b <= kRows; ++b)
      if (a + b >= 7) expected += exactly(a) * exactly(b);
  EXPECT_NEAR(false_match_rate(2, 7), expected, 1e-12);
}

TEST(DecisionDeathTest, MoreFingersThanAHandHasStopTheProgram) {
  EXPECT_DEATH(verification_rows_min(11), "invariant violated");
  EXPECT_DEATH(verification_rows_min(-1), "invariant violated");
}

}  // namespace
}  // namespace qorgan::finger
