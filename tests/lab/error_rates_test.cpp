#include "lab/error_rates.h"

#include <gtest/gtest.h>

#include "lab/bootstrap.h"

namespace qorgan::lab {
namespace {

// Two fingers: mated 5 and 1, 9 and 7; four non-mated of 0, 1, 2, 6.
ScoreSet small_set() {
  return {"small", 2, {{0, 0, {5, 1}}, {1, 1, {9, 7}}, {0, 1, {0, 1, 2, 6}}}};
}

TEST(ErrorRates, AreThoseCountedByHand) {
  Counts counts;
  add(counts, small_set());
  const auto points = rate_points(counts);
  ASSERT_EQ(points.front().score, 1);
  // At 3: one of four strangers gets in, one of four mated is turned away.
  EXPECT_DOUBLE_EQ(points[2].fmr, 0.25);
  EXPECT_DOUBLE_EQ(points[2].fnmr, 0.25);
  const Figures found = figures(counts);
  EXPECT_DOUBLE_EQ(found.eer, 0.25);
  EXPECT_DOUBLE_EQ(found.fnmr_zero, 0.5);
  EXPECT_DOUBLE_EQ(fnmr_at(counts, 0.25), 0.25);
  EXPECT_DOUBLE_EQ(fnmr_at(counts, 0.6), 0.25);
}

TEST(ErrorRates, AnEqualScoreIsAMatch) {
  Counts counts;
  add(counts, {"one", 2, {{0, 0, {4}}, {0, 1, {4}}}});
  EXPECT_DOUBLE_EQ(counts.mated.share_from(4), 1);
  EXPECT_DOUBLE_EQ(counts.nonmated.share_from(5), 0);
  EXPECT_DOUBLE_EQ(figures(counts).fnmr_zero, 1);
}

TEST(ErrorRates, DrawnSubjectsCountAsOftenAsDrawn) {
  Counts counts;
  add_drawn(counts, small_set(), std::vector<int>{2, 0});
  EXPECT_DOUBLE_EQ(counts.mated.total(), 4);
  EXPECT_DOUBLE_EQ(counts.nonmated.total(), 0);
  Counts both;
  add_drawn(both, small_set(), std::vector<int>{2, 3});
  EXPECT_DOUBLE_EQ(both.nonmated.total(), 24);
  EXPECT_DOUBLE_EQ(both.mated.total(), 10);
}

TEST(Bootstrap, IsRepeatableAndHoldsTheFigure) {
  const ScoreSet set = {"many", 4, {{0, 0, {1}}, {1, 1, {9}}, {2, 2, {9}}, {3, 3, {9}}, {0, 1, {0}}, {2, 3, {0}}}};
  const Statistic missed = [](std::span<const Counts> sets) { return 1 - sets[0].mated.share_from(5); };
  const Interval found = bootstrap(std::span(&set, 1), missed);
  EXPECT_LE(found.low, 0.25);
  EXPECT_GE(found.high, 0.25);
  EXPECT_LT(found.low, found.high);
  const Interval again = bootstrap(std::span(&set, 1), missed);
  EXPECT_EQ(found.low, again.low);
  EXPECT_EQ(found.high, again.high);
}

TEST(ClopperPearson, WithoutAnErrorIsTheRuleOfThree) {
  EXPECT_NEAR(clopper_pearson_upper(0, 1000), 0.003, 1e-5);
  EXPECT_NEAR(clopper_pearson_upper(0, 10), 0.2589, 1e-4);
  // 5 of 100: 10.225 %, from tables of the exact interval.
  EXPECT_NEAR(clopper_pearson_upper(5, 100), 0.10225, 1e-4);
  EXPECT_EQ(clopper_pearson_upper(3, 3), 1);
}

}  // namespace
}  // namespace qorgan::lab
