// That a margin never leaves -128..127, so that its sign survives arithmetic modulo 256.
#include <gtest/gtest.h>

#include <algorithm>

#include "mpc/reference.h"
#include "tests/mpc/support.h"

namespace qorgan::mpc::test {
namespace {

using finger::Template;
using Signs = std::array<std::int8_t, finger::kSignCount>;

// The sixteen directions that rounding 3 cos and 3 sin tells apart, and some between.
constexpr int kDirections = 32;

double direction_of(int index) {
  return index * 6.283185307179586 / kDirections;
}

Signs first_ones(int ones) {
  Signs signs{};
  std::fill_n(signs.begin(), ones, std::int8_t{1});
  return signs;
}

Signs last_ones(int ones) {
  Signs signs{};
  std::fill_n(signs.rbegin(), ones, std::int8_t{1});
  return signs;
}

// Rows at the ends of what a row can be: every direction, no ones, all ones, half, one.
std::vector<Template> extreme_templates() {
  std::vector<Template> templates(1);
  for (const int ones : {0, 1, 61, 62, 63, 123, 124}) {
    for (const Signs& signs : {first_ones(ones), last_ones(ones)}) {
      Template& whole = templates.emplace_back();
      for (int i = 0; i < finger::kRows; ++i) fill_row(whole.row(i), signs, direction_of(i));
      for (std::size_t at = 0; at < finger::kRelations; ++at)
        whole.relations.distance[at] = static_cast<std::uint8_t>(finger::kDistanceUsedMin + at % 100);
      Template& partly = templates.emplace_back(whole);
      for (int i = 16; i < finger::kRows; ++i) std::fill_n(partly.row(i).begin(), finger::kWidth, std::int8_t{0});
      std::fill(partly.relations.distance.begin() + finger::relation_index(0, 16), partly.relations.distance.end(), 0);
    }
  }
  return templates;
}

TEST(MarginRange, NoExtremeLeavesAByte) {
  int least = 0;
  int greatest = 0;
  const auto templates = extreme_templates();
  for (const Template& probe : templates) {
    for (const Template& gallery : templates) {
      const auto margins = similarity_margins(probe, gallery);
      const auto [low, high] = std::minmax_element(margins.begin(), margins.end());
      least = std::min(least, *low);
      greatest = std::max(greatest, *high);
    }
  }
  // The bounds that finger/template.h states, both reached.
  EXPECT_EQ(least, -78 - finger::kSimilarityMin);
  EXPECT_EQ(greatest, 78 - finger::kSimilarityMin);
  EXPECT_GE(least, -128);
  EXPECT_LE(greatest, 127);
}

TEST(MarginRange, NoRandomPairLeavesAByte) {
  constexpr std::uint64_t kSeed = 31;
  Random random(kSeed);
  for (int round = 0; round < 3000; ++round) {
    const auto [probe, gallery] = random_pair(random);
    for (const int margin : similarity_margins(probe, gallery)) {
      ASSERT_GE(margin, -128) << "seed " << kSeed << ", round " << round;
      ASSERT_LE(margin, 127) << "seed " << kSeed << ", round " << round;
    }
  }
}

TEST(MarginRange, ExtremesMatchPrivatelyAsInTheClear) {
  Random random(32);
  const auto templates = extreme_templates();
  std::vector<ClearPerson> people;
  std::vector<bool> expected;
  for (const Template& probe : templates) {
    for (const Template& gallery : templates) {
      const int rows = sieve_score(probe, gallery);
      const int value = score(probe, gallery);
      people.push_back({{{&probe, &gallery}}, rows, value});
      people.push_back({{{&probe, &gallery}}, rows + 1, value + 1});
      expected.insert(expected.end(), {true, false});
    }
  }
  EXPECT_EQ(match_privately(random, people), expected);
  EXPECT_EQ(match_privately(random, people, best_kernel(), by_score), expected);
}

}  // namespace
}  // namespace qorgan::mpc::test
