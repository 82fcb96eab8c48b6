#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <numbers>
#include <numeric>

#include "base/file.h"
#include "base/limits.h"
#include "crypto/hash.h"
#include "finger/decision.h"
#include "finger/make_template.h"
#include "finger/minutiae_text.h"
#include "mpc/reference.h"
#include "tests/finger/random_minutiae.h"
#include "tests/support/source_folder.h"

namespace qorgan::finger {
namespace {

using test::Movement;
using test::Random;

int rows_used(const Template& made) {
  int used = 0;
  for (int i = 0; i < kRows; ++i) used += made.row(i)[kUsedEntry];
  return used;
}

void expect_well_formed(const Template& made) {
  bool ended = false;
  for (int i = 0; i < kRows; ++i) {
    const auto row = made.row(i);
    if (row[kUsedEntry] == 0) {
      ended = true;
      EXPECT_TRUE(std::all_of(row.begin(), row.end(), [](int entry) { return entry == 0; })) << i;
      continue;
    }
    EXPECT_FALSE(ended) << "a row in use after one that is not";
    EXPECT_EQ(row[kUsedEntry], 1);
    const auto signs = row.first<kSignCount>();
    EXPECT_TRUE(std::all_of(signs.begin(), signs.end(), [](int sign) { return sign == 0 || sign == 1; })) << i;
    EXPECT_EQ(row[kCountEntry], std::accumulate(signs.begin(), signs.end(), 0));
    const int length = row[kCosEntry] * row[kCosEntry] + row[kSinEntry] * row[kSinEntry];
    EXPECT_TRUE(length == 13 || length == 16) << length;
  }
}

TEST(MakeTemplate, IsWellFormed) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const auto made = make_template(test::random_minutiae(random, 10 + static_cast<int>(seed) * 3));
    ASSERT_TRUE(made) << made.error().message();
    expect_well_formed(*made);
  }
}

TEST(MakeTemplate, TakesTheBestThirtyTwo) {
  Random random(5);
  const Minutiae minutiae = test::random_minutiae(random, 60);
  const auto cylinders = make_cylinders(minutiae.points);
  ASSERT_GT(cylinders.size(), static_cast<std::size_t>(kRows));
  const auto made = make_template(minutiae);
  ASSERT_TRUE(made);
  EXPECT_EQ(rows_used(*made), kRows);
  for (int i = 0; i < kRows; ++i) {
    const Cylinder& cylinder = cylinders[static_cast<std::size_t>(i)];
    const auto signs = projected_signs(default_projection(), cylinder);
    EXPECT_TRUE(std::equal(signs.begin(), signs.end(), made->row(i).begin())) << i;
    const auto direction = direction_entries(minutiae.points[cylinder.minutia].direction_rad);
    EXPECT_EQ(made->row(i)[kCosEntry], direction.cosine);
    EXPECT_EQ(made->row(i)[kSinEntry], direction.sine);
  }
}

TEST(MakeTemplate, TooLittleOfAPrintSaysHowMuchThereWas) {
  Random random(6);
  const auto made = make_template(test::random_minutiae(random, 4));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::low_quality);
  EXPECT_NE(made.error().what.find("of 4 minutiae"), std::string::npos) << made.error().what;
  EXPECT_FALSE(made.error().remedy.empty());
  EXPECT_EQ(make_template(Minutiae{}).error().code, ErrorCode::low_quality);
}

TEST(MakeTemplate, KnowsTheSameFingerTurnedAndMoved) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const Minutiae first = test::random_minutiae(random, 40);
    const Movement movement{test::uniform(random, -0.4, 0.4), test::uniform(random, -30, 30),
                            test::uniform(random, -30, 30)};
    const auto a = make_template(first);
    const auto same = make_template(test::moved(first, movement, random, 2));
    const auto other = make_template(test::random_minutiae(random, 40));
    ASSERT_TRUE(a && same && other);
    EXPECT_EQ(mpc::coarse_score(*a, *a), rows_used(*a));
    EXPECT_GE(mpc::coarse_score(*a, *same), rows_used(*a) * 3 / 4);
    EXPECT_LE(mpc::coarse_score(*a, *other), 6);
  }
}

TEST(MakeTemplate, AFingerUpsideDownIsLessLikeItself) {
  Random random(8);
  const Minutiae first = test::random_minutiae(random, 40);
  const auto a = make_template(first);
  const auto upside_down = make_template(test::moved(first, {.turn_rad = std::numbers::pi}, random, 2));
  const auto upright = make_template(test::moved(first, {}, random, 2));
  ASSERT_TRUE(a && upside_down && upright);
  EXPECT_LT(mpc::coarse_score(*a, *upside_down), mpc::coarse_score(*a, *upright));
}

// Pins templates to the bit, so that another compiler, C library or processor that differs is noticed; changes with
// data/projection.bin too.
TEST(MakeTemplate, IsTheSameOnEveryMachine) {
  Random random(2026);
  Bytes all;
  for (int i = 0; i < 20; ++i) {
    const auto made = make_template(test::random_minutiae(random, 50));
    ASSERT_TRUE(made);
    for (const std::int8_t cell : made->cells) all.push_back(static_cast<std::uint8_t>(cell));
  }
  EXPECT_EQ(to_hex(crypto::sha256(all)), "18eee27e2ead50a6a65c74c0b9728fc3b5454e56c9981532cd33cff1d5a89c1d");
}

TEST(DirectionEntries, AreTheNearestOfTheTwelve) {
  for (int tenth = -7200; tenth <= 7200; ++tenth) {
    const double angle = tenth / 10.0 * std::numbers::pi / 180;
    const DirectionEntries got = direction_entries(static_cast<float>(angle));
    const auto nearness = [&](DirectionEntries e) {
      return (e.cosine * std::cos(angle) + e.sine * std::sin(angle)) / std::hypot(e.cosine, e.sine);
    };
    double best = -1;
    for (DirectionEntries entries : {DirectionEntries{4, 0}, {3, 2}, {2, 3}}) {
      for (int turn = 0; turn < 4; ++turn) {
        best = std::max(best, nearness(entries));
        entries = {static_cast<std::int8_t>(-entries.sine), entries.cosine};
      }
    }
    ASSERT_GT(nearness(got), best - 1e-4)
        << tenth / 10.0 << " degrees gave " << int{got.cosine} << ' ' << int{got.sine};
  }
}

// Every product of two rows, whatever they hold, must keep its sign when computed modulo 256.
TEST(SimilarityRange, NoPairOfRowsWraps) {
  std::vector<DirectionEntries> directions;
  for (int degrees = 0; degrees < 360; degrees += 5)
    directions.push_back(direction_entries(static_cast<float>(degrees * std::numbers::pi / 180)));
  const auto row_of = [](Template& made, int ones, int first, DirectionEntries direction) {
    auto row = made.row(0);
    std::fill(row.begin(), row.end(), std::int8_t{0});
    for (int i = 0; i < ones; ++i) row[static_cast<std::size_t>((first + i) % kSignCount)] = 1;
    row[kCountEntry] = static_cast<std::int8_t>(ones);
    row[kUsedEntry] = 1;
    row[kCosEntry] = direction.cosine;
    row[kSinEntry] = direction.sine;
  };
  int lowest = 0;
  int highest = 0;
  Template probe;
  Template gallery;
  for (int p = 0; p <= kSignCount; p += 4) {
    for (int g = 0; g <= kSignCount; g += 4) {
      for (const DirectionEntries& direction : directions) {
        row_of(probe, p, 0, direction);
        // No overlap where there is room for that, or all of it.
        for (int first : {0, p}) {
          row_of(gallery, g, first, directions.front());
          const int margin = mpc::similarity_margins(probe, gallery)[0];
          lowest = std::min(lowest, margin);
          highest = std::max(highest, margin);
        }
      }
    }
  }
  EXPECT_GE(lowest, -128);
  EXPECT_LE(highest, 127);
  EXPECT_EQ(lowest, -kSignCount / 2 - kDirectionProductMax - kSimilarityMin);
  EXPECT_EQ(highest, kSignCount / 2 + kDirectionProductMax - kSimilarityMin);
}

TEST(SimilarityRange, AnUnusedRowIsSimilarToNone) {
  Random random(9);
  const auto made = make_template(test::random_minutiae(random, 40));
  ASSERT_TRUE(made);
  const Template empty;
  EXPECT_EQ(mpc::coarse_score(*made, empty), 0);
  EXPECT_EQ(mpc::coarse_score(empty, *made), 0);
  EXPECT_EQ(mpc::coarse_score(empty, empty), 0);
}

// On real prints, where the data is there: the built-in projection has seen them, so this is a check of the whole and
// no measurement (bench/accuracy.sh measures).
TEST(RealPrints, MatedComparisonsScoreHigher) {
  const std::filesystem::path folder = qorgan::test::source_folder() / "../shared/fingerprints/reference_minutiae/fvc2002_db1";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "the fingerprints are not on this machine";
  std::vector<std::pair<std::string, Template>> templates;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto text = read_text_file(entry.path(), limits::minutiae_text_bytes_max);
    ASSERT_TRUE(text);
    const auto minutiae = parse_minutiae_text(*text, entry.path().string());
    ASSERT_TRUE(minutiae) << minutiae.error().message();
    const auto made = make_template(*minutiae);
    ASSERT_TRUE(made) << made.error().message();
    const std::string name = entry.path().stem().string();
    templates.emplace_back(name.substr(0, name.find('_')), *made);
  }
  ASSERT_EQ(templates.size(), 80u);
  int mated = 0;
  int mated_below = 0;
  int non_mated = 0;
  int non_mated_above = 0;
  const int threshold = verification_score_min(1);
  for (std::size_t i = 0; i < templates.size(); ++i) {
    for (std::size_t j = i + 1; j < templates.size(); ++j) {
      const bool yes = mpc::score(templates[i].second, templates[j].second) >= threshold;
      if (templates[i].first == templates[j].first) {
        ++mated;
        mated_below += !yes;
      } else {
        ++non_mated;
        non_mated_above += yes;
      }
    }
  }
  EXPECT_LE(mated_below, mated / 20);  // 5 % of another maker's minutiae
  EXPECT_LT(non_mated_above, non_mated / 100);
}

}  // namespace
}  // namespace qorgan::finger
