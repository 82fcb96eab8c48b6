#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <optional>
#include <span>
#include <string>

#include "finger/extract.h"
#include "finger/load.h"
#include "finger/make_template.h"
#include "finger/quality_print.h"
#include "finger/synth/impression.h"
#include "mpc/reference.h"
#include "tests/finger/pattern.h"
#include "tests/support/source_folder.h"

namespace qorgan::finger {
namespace {

namespace fs = std::filesystem;

std::vector<Minutia> minutiae_of(const std::vector<int>& qualities) {
  std::vector<Minutia> minutiae;
  for (const int quality : qualities) minutiae.push_back({.quality = quality});
  return minutiae;
}

TEST(PrintQuality, IsTheMeanOfTheBestSixteen) {
  EXPECT_EQ(print_quality({}, 1), 0);
  EXPECT_EQ(print_quality(minutiae_of(std::vector<int>(16, 73)), 1), 73);
  std::vector<int> more(40, 10);
  std::fill_n(more.begin(), 16, 73);
  EXPECT_EQ(print_quality(minutiae_of(more), 1), 73);
}

TEST(PrintQuality, CountsMissingMinutiaeAsNothing) {
  EXPECT_EQ(print_quality(minutiae_of(std::vector<int>(8, 80)), 1), 40);
}

TEST(PrintQuality, FallsWithTheRootOfTheClearShare) {
  const std::vector<Minutia> minutiae = minutiae_of(std::vector<int>(20, 80));
  EXPECT_EQ(print_quality(minutiae, 0.25F), 40);
  EXPECT_EQ(print_quality(minutiae, 0), 0);
  EXPECT_EQ(print_quality(minutiae_of(std::vector<int>(16, 100)), 1), 100);
}

TEST(PrintQuality, RefusesAShareThatIsNone) {
  EXPECT_DEATH(print_quality({}, -0.1F), "clear");
  EXPECT_DEATH(print_quality({}, 1.1F), "clear");
}

// A smear of this many pixels: the ridges under it are gone.
void smear(Image& image, int side_px) {
  for (int y = 0; y < side_px; ++y) {
    for (int x = 0; x < side_px; ++x) {
      const int row = image.height_px / 2 - side_px / 2 + y;
      const int column = image.width_px / 2 - side_px / 2 + x;
      auto& pixel = image.pixels[static_cast<std::size_t>(row * image.width_px + column)];
      pixel = static_cast<std::uint8_t>(120 + (pixel >> 4));
    }
  }
}

TEST(PrintQuality, FallsAsASmearGrows) {
  const Image whole = synth::impression(synth::make_finger(11), 12, {.difficulty = 0.5});
  int last = 101;
  for (const int side_px : {0, 90, 150, 210}) {
    SCOPED_TRACE(side_px);
    Image image = whole;
    smear(image, side_px);
    const auto minutiae = extract(image);
    ASSERT_TRUE(minutiae) << minutiae.error().message();
    EXPECT_LT(minutiae->quality, last);
    last = minutiae->quality;
  }
}

struct Judged {
  int finger = 0;
  int quality = 0;
  std::optional<Template> made;
};

Judged judged(int finger, const Result<Minutiae>& minutiae) {
  Judged print{finger, 0, {}};
  if (!minutiae) return print;
  if (auto made = make_template(*minutiae)) {
    print.quality = minutiae->quality;
    print.made = *made;
  }
  return print;
}

struct MatedPair {
  int quality = 0;  // the lower of the two
  int score = 0;
};

std::vector<MatedPair> mated_pairs_by_quality(const std::vector<Judged>& prints) {
  std::vector<MatedPair> pairs;
  for (std::size_t a = 0; a < prints.size(); ++a) {
    for (std::size_t b = a + 1; b < prints.size() && prints[b].finger == prints[a].finger; ++b) {
      const bool both = prints[a].made && prints[b].made;
      pairs.push_back({std::min(prints[a].quality, prints[b].quality),
                       both ? mpc::coarse_score(*prints[a].made, *prints[b].made) : 0});
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](auto& a, auto& b) { return a.quality < b.quality; });
  return pairs;
}

double mean_score(std::span<const MatedPair> pairs) {
  const int sum = std::accumulate(pairs.begin(), pairs.end(), 0, [](int s, const MatedPair& p) { return s + p.score; });
  return static_cast<double>(sum) / static_cast<double>(pairs.size());
}

// Of bad prints, those said to be bad score much lower with others of the same finger.
TEST(PrintQuality, ForetellsTheScoresOfArtificialPrints) {
  constexpr std::uint64_t kSeed = 5;
  std::vector<Judged> prints;
  for (int finger = 0; finger < 8; ++finger) {
    const std::uint64_t seed = synth::finger_seed(synth::person_seed(kSeed, static_cast<std::uint64_t>(finger)), 2);
    const synth::Finger skin = synth::make_finger(seed);
    for (int i = 1; i <= 4; ++i)
      prints.push_back(
          judged(finger, extract(synth::impression(skin, synth::impression_seed(seed, i), {.difficulty = 2}))));
  }
  const std::vector<MatedPair> pairs = mated_pairs_by_quality(prints);
  const auto half = std::span(pairs).first(pairs.size() / 2);
  EXPECT_LT(mean_score(half) * 1.3, mean_score(std::span(pairs).subspan(half.size()))) << "seed " << kSeed;
}

TEST(PrintQuality, ForetellsTheScoresOfRealPrints) {
  const fs::path set = qorgan::test::source_folder() / "../shared/fingerprints/fvc2004_db2";
  if (!fs::exists(set)) GTEST_SKIP() << "no real prints at " << set;
  std::vector<Judged> prints;
  for (int finger = 101; finger <= 110; ++finger) {
    for (int i = 1; i <= 4; ++i) {
      const fs::path file = set / (std::to_string(finger) + "_" + std::to_string(i) + ".png");
      prints.push_back(judged(finger, load_minutiae(file)));
    }
  }
  const std::vector<MatedPair> pairs = mated_pairs_by_quality(prints);
  const auto half = std::span(pairs).first(pairs.size() / 2);
  EXPECT_LT(mean_score(half) * 1.2, mean_score(std::span(pairs).subspan(half.size())));
}

}  // namespace
}  // namespace qorgan::finger
