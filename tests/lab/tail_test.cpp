#include "lab/tail.h"

#include <gtest/gtest.h>

#include <cmath>

#include "finger/decision.h"
#include "finger/synth/random.h"
#include "lab/calibration.h"

namespace qorgan::lab {
namespace {

constexpr std::uint64_t kSeed = 99;

// Non-mated scores whose square root is exponential: share(s) = exp(-rate * sqrt(s)).
ScoreSet drawn_set(double rate, int subjects, int each, finger::synth::Random& random) {
  ScoreSet set{"drawn", subjects, {}};
  for (int a = 0; a < subjects; ++a)
    for (int b = a + 1; b < subjects; ++b) {
      SubjectPair pair{a, b, {}};
      for (int i = 0; i < each; ++i) {
        const double root = -std::log(1 - random.uniform()) / rate;
        pair.scores.push_back(std::min(finger::kScoreMax, static_cast<int>(root * root)));
      }
      set.pairs.push_back(std::move(pair));
    }
  return set;
}

TEST(Tail, FindsTheRateThatScoresWereDrawnWith) {
  finger::synth::Random random(kSeed);
  const std::vector<ScoreSet> sets = {drawn_set(2.5, 10, 400, random), drawn_set(2.5, 10, 400, random)};
  TailOptions options;
  options.score_max = 100;
  options.replicates = 200;
  const auto fit = fit_tail(sets, options);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->rate, 2.5, 0.6) << "seed " << kSeed;
  for (std::size_t score = 0; score < fit->estimate.size(); ++score) {
    EXPECT_GE(fit->upper[score], fit->estimate[score]) << score;
    EXPECT_LE(fit->upper[score], fit->upper[score == 0 ? 0 : score - 1]) << score;
  }
  // Far beyond what was counted the bound holds the truth.
  EXPECT_GE(fit->upper[60], std::exp(-2.5 * std::sqrt(60.0))) << "seed " << kSeed;
}

TEST(Tail, CountsWhereThereIsEnoughToCount) {
  finger::synth::Random random(kSeed);
  const std::vector<ScoreSet> sets = {drawn_set(1.5, 8, 200, random)};
  TailOptions options;
  options.score_max = 50;
  options.replicates = 10;
  const auto fit = fit_tail(sets, options);
  ASSERT_TRUE(fit);
  double reached = 0;
  for (const SubjectPair& pair : sets[0].pairs)
    for (const int score : pair.scores) reached += score >= fit->counted_to;
  EXPECT_GE(reached, options.exceedances_min);
  EXPECT_DOUBLE_EQ(fit->estimate[static_cast<std::size_t>(fit->counted_to)], reached / fit->comparisons);
}

TEST(Tail, NothingToFitIsNoFit) {
  const std::vector<ScoreSet> sets = {{"empty", 2, {{0, 1, {0, 0, 0}}}}};
  EXPECT_FALSE(fit_tail(sets, {}));
  EXPECT_FALSE(calibrate(sets, sets));
}

TEST(ScoreFile, GivesBackWhatWasWritten) {
  const auto parsed = parse_scores("1_1 1_2 120 18\n1_1 2_1 3 1\n\n2_1 1_2 0 0\n", "scores");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->score.subjects, 2);
  ASSERT_EQ(parsed->score.pairs.size(), 2U);
  EXPECT_EQ(parsed->score.pairs[0].scores, std::vector<int>{120});
  EXPECT_EQ(parsed->rows.pairs[1].scores, (std::vector<int>{1, 0}));
}

TEST(ScoreFile, TurnsAwayWhatIsNoScore) {
  for (const char* text : {"", "1_1 1_2 5\n", "1_1 1_2 5 x\n", "11 1_2 5 5\n", "1_1 1_2 -1 5\n", "1_1 1_2 999 5\n",
                           "1_1 1_2 5 33\n", "1_1 1_2 5 5 5\n"}) {
    const auto parsed = parse_scores(text, "scores");
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid_input) << text;
  }
}

TEST(Group, AddsUpTheFingersOfAPerson) {
  ScoreTable table{"t", {{"1", "a"}, {"1", "b"}, {"2", "a"}, {"2", "b"}, {"3", "a"}}, std::vector<Scores>(25)};
  table.scores[0 * 5 + 1] = {1, 10};
  table.scores[2 * 5 + 3] = {2, 20};
  const ScoreSet two = group(table, 2, ScoreKind::score);
  ASSERT_EQ(two.subjects, 1);
  ASSERT_EQ(two.pairs.size(), 1U);
  EXPECT_EQ(two.pairs[0].scores, std::vector<int>{30});
  const ScoreSet one = group(table, 1, ScoreKind::rows);
  EXPECT_EQ(one.subjects, 3);
  EXPECT_EQ(one.pairs.front().scores, std::vector<int>{1});
}

}  // namespace
}  // namespace qorgan::lab
