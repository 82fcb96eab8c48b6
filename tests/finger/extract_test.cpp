#include "finger/extract.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numbers>
#include <sstream>

#include "base/limits.h"
#include "finger/minutiae_text.h"
#include "tests/finger/pattern.h"
#include "tests/support/source_folder.h"

namespace qorgan::finger {
namespace {

namespace fs = std::filesystem;
using test::draw;
using test::Expected;
using test::expected_minutiae;
using test::Pattern;
using test::standard_pattern;

constexpr double kPi = std::numbers::pi;

double angle_between(double a, double b) {
  return std::abs(std::remainder(a - b, 2 * kPi));
}

const Minutia* nearest(const Minutiae& minutiae, const Expected& to) {
  const Minutia* best = nullptr;
  double least = 1e9;
  for (const Minutia& m : minutiae.points) {
    const double distance = std::hypot(m.x_px - to.x_px, m.y_px - to.y_px);
    if (distance < least) {
      least = distance;
      best = &m;
    }
  }
  return best;
}

void expect_all_found(const Minutiae& minutiae, const std::vector<Expected>& expected) {
  for (const Expected& e : expected) {
    const Minutia* m = nearest(minutiae, e);
    ASSERT_NE(m, nullptr);
    EXPECT_LT(std::hypot(m->x_px - e.x_px, m->y_px - e.y_px), 3.0) << "near " << e.x_px << ", " << e.y_px;
    EXPECT_LT(angle_between(m->direction_rad, e.direction_rad), 0.25) << "near " << e.x_px << ", " << e.y_px;
  }
  // The drawn ones and nothing else, away from the picture's edge.
  int inner = 0;
  for (const Minutia& m : minutiae.points) inner += std::min({m.x_px, m.y_px, 319 - m.x_px, 319 - m.y_px}) > 24 ? 1 : 0;
  EXPECT_EQ(inner, static_cast<int>(expected.size()));
}

int dark_runs(const Image& image, int y, int x_from, int x_to) {
  int runs = 0;
  bool dark = true;
  for (int x = x_from; x < x_to; ++x) {
    const bool here = image.pixels[static_cast<std::size_t>(y * image.width_px + x)] < 128;
    runs += here && !dark ? 1 : 0;
    dark = here;
  }
  return runs;
}

TEST(ExtractPattern, HasOneRidgeMoreWhereTheExpectedDirectionPoints) {
  // Summed over eighths of a period, since a count of whole ridges depends on where the row is cut off.
  int more_above = 0;
  for (int eighth = 0; eighth < 8; ++eighth) {
    Pattern pattern;
    pattern.dislocations = {{160, 160, 1}};
    pattern.phase_rad = eighth * kPi / 4;
    const Image image = draw(pattern, 500);
    more_above += dark_runs(image, 152, 40, 280) - dark_runs(image, 168, 40, 280);
  }
  EXPECT_NEAR(more_above, 8, 1);
}

TEST(Extract, FindsDrawnMinutiae) {
  const Pattern pattern = standard_pattern();
  const auto minutiae = extract(draw(pattern, 500));
  ASSERT_TRUE(minutiae) << minutiae.error().message();
  EXPECT_EQ(minutiae->width_px, 320);
  EXPECT_EQ(minutiae->height_px, 320);
  expect_all_found(*minutiae, expected_minutiae(pattern));
}

TEST(Extract, TellsEndingsFromBifurcations) {
  // Far apart, so that each one's own phase decides: a ridge on the side with one more is an ending.
  for (const bool ending : {true, false}) {
    Pattern pattern = standard_pattern();
    int right = 0;
    int checked = 0;
    for (std::size_t i = 0; i < pattern.dislocations.size(); ++i) {
      // Shifts the ridges until this dislocation is of the kind wanted.
      const test::Dislocation& d = pattern.dislocations[i];
      double phase = 2 * kPi * d.x_px / pattern.period_px - d.sign * d.sign * kPi / 2;
      for (std::size_t j = 0; j < pattern.dislocations.size(); ++j) {
        const test::Dislocation& other = pattern.dislocations[j];
        if (j != i) phase += other.sign * std::atan2(d.y_px - other.y_px, d.x_px - other.x_px);
      }
      pattern.phase_rad = -phase + (ending ? 0 : kPi);
      const auto minutiae = extract(draw(pattern, 500));
      ASSERT_TRUE(minutiae);
      const Minutia* m = nearest(*minutiae, {d.x_px, d.y_px, 0});
      right += m->type == (ending ? MinutiaType::ending : MinutiaType::bifurcation) ? 1 : 0;
      ++checked;
    }
    EXPECT_EQ(right, checked);
  }
}

TEST(Extract, TurnsWithThePicture) {
  for (const double degrees : {0.0, 17.0, 45.0, 90.0, 133.0, 180.0, 260.0, 301.0}) {
    SCOPED_TRACE(degrees);
    Pattern pattern = standard_pattern();
    pattern.turn_rad = degrees * kPi / 180;
    const auto minutiae = extract(draw(pattern, 500));
    ASSERT_TRUE(minutiae) << minutiae.error().message();
    expect_all_found(*minutiae, expected_minutiae(pattern));
  }
}

TEST(Extract, FindsTheSameAtEveryResolution) {
  const Pattern pattern = standard_pattern();
  for (const int dpi : {400, 569, 700, 1000}) {
    SCOPED_TRACE(dpi);
    const auto minutiae = extract(draw(pattern, dpi));
    ASSERT_TRUE(minutiae) << minutiae.error().message();
    EXPECT_NEAR(minutiae->width_px, 320, 1);
    expect_all_found(*minutiae, expected_minutiae(pattern));
  }
}

TEST(Extract, FindsThemAtEveryRidgePeriod) {
  for (const double period : {6.5, 8.0, 11.0, 13.0}) {
    SCOPED_TRACE(period);
    Pattern pattern = standard_pattern();
    pattern.period_px = period;
    const auto minutiae = extract(draw(pattern, 500));
    ASSERT_TRUE(minutiae) << minutiae.error().message();
    expect_all_found(*minutiae, expected_minutiae(pattern));
  }
}

TEST(Extract, GivesTheSameTwice) {
  const Image image = draw(standard_pattern(), 569);
  const auto once = extract(image);
  const auto twice = extract(image);
  ASSERT_TRUE(once && twice);
  ASSERT_EQ(once->points.size(), twice->points.size());
  for (std::size_t i = 0; i < once->points.size(); ++i) {
    EXPECT_EQ(once->points[i].x_px, twice->points[i].x_px);
    EXPECT_EQ(once->points[i].y_px, twice->points[i].y_px);
    EXPECT_EQ(once->points[i].direction_rad, twice->points[i].direction_rad);
    EXPECT_EQ(once->points[i].quality, twice->points[i].quality);
  }
}

TEST(Extract, RefusesRidgesWithoutMinutiae) {
  const auto minutiae = extract(draw(Pattern{}, 500));
  ASSERT_FALSE(minutiae);
  EXPECT_EQ(minutiae.error().code, ErrorCode::low_quality);
}

TEST(Extract, RefusesPicturesWithoutAPrint) {
  Image flat{.width_px = 64, .height_px = 64, .dpi = 1000, .pixels = std::vector<std::uint8_t>(64 * 64, 255)};
  EXPECT_EQ(extract(flat).error().code, ErrorCode::low_quality);
  flat.pixels[2000] = 0;
  EXPECT_EQ(extract(flat).error().code, ErrorCode::low_quality);
}

TEST(Extract, GivesTheSameWithLightRidgesOnADarkGround) {
  Image image = draw(standard_pattern(), 500);
  const auto dark = extract(image);
  for (std::uint8_t& pixel : image.pixels) pixel = static_cast<std::uint8_t>(255 - pixel);
  const auto light = extract(image);
  ASSERT_TRUE(dark && light);
  ASSERT_EQ(dark->points.size(), light->points.size());
  for (std::size_t i = 0; i < dark->points.size(); ++i) {
    EXPECT_NEAR(dark->points[i].x_px, light->points[i].x_px, 0.1);
    EXPECT_NEAR(dark->points[i].y_px, light->points[i].y_px, 0.1);
    EXPECT_LT(angle_between(dark->points[i].direction_rad, light->points[i].direction_rad), 0.02);
    EXPECT_NE(dark->points[i].type, light->points[i].type);
  }
}

// What is seen at (x, y), 0..255, on a picture of 300 x 300 at 500 dpi.
struct Strange {
  const char* name;
  int (*grey)(int x, int y);
};

TEST(Extract, FindsNoPrintWhereThereIsNone) {
  for (const Strange& strange : {Strange{"black", [](int, int) { return 0; }},
                                 {"half black", [](int x, int) { return x < 150 ? 0 : 255; }},
                                 {"brighter and brighter", [](int x, int y) { return (x + y) / 3; }},
                                 {"one dot", [](int x, int y) { return x == 100 && y == 100 ? 0 : 255; }},
                                 {"lines of one pixel", [](int x, int) { return x % 2 * 255; }},
                                 {"squares of one pixel", [](int x, int y) { return (x + y) % 2 * 255; }},
                                 {"circles", [](int x, int y) {
                                    return 127 + static_cast<int>(127 * std::sin(0.7 * std::hypot(x - 150, y - 150)));
                                  }}}) {
    SCOPED_TRACE(strange.name);
    Image image{.width_px = 300, .height_px = 300, .dpi = 500, .pixels = {}};
    for (int i = 0; i < 300 * 300; ++i)
      image.pixels.push_back(static_cast<std::uint8_t>(strange.grey(i % 300, i / 300)));
    const auto minutiae = extract(image);
    ASSERT_FALSE(minutiae);
    EXPECT_EQ(minutiae.error().code, ErrorCode::low_quality);
    EXPECT_FALSE(minutiae.error().remedy.empty());
  }
}

TEST(Extract, RefusesSizesThatNoReaderGives) {
  const struct {
    int width_px;
    int height_px;
    int dpi;
  } pictures[] = {{300, 1, 500}, {1, 1, 500},   {0, 0, 500},    {63, 300, 500},    {300, 300, 100'000},
                  {300, 300, 1}, {300, 300, 0}, {300, 300, -5}, {4096, 4096, 500}, {64, 2049, 500}};
  for (const auto& [width_px, height_px, dpi] : pictures) {
    SCOPED_TRACE(std::to_string(width_px) + " x " + std::to_string(height_px) + " at " + std::to_string(dpi));
    const std::size_t count = static_cast<std::size_t>(width_px) * static_cast<std::size_t>(height_px);
    const auto minutiae = extract({width_px, height_px, dpi, std::vector<std::uint8_t>(count, 200)});
    ASSERT_FALSE(minutiae);
    EXPECT_EQ(minutiae.error().code, ErrorCode::invalid_input);
    EXPECT_FALSE(minutiae.error().remedy.empty());
  }
}

TEST(Extract, KeepsItsPromisesOnEverySizeAndNoise) {
  std::uint32_t state = 1;
  for (const auto& [width, height] : {std::pair{64, 64}, {65, 300}, {4096, 64}, {333, 71}}) {
    for (const int dpi : {250, 500, 1000}) {
      SCOPED_TRACE(std::to_string(width) + " x " + std::to_string(height) + " at " + std::to_string(dpi));
      Image image{.width_px = width, .height_px = height, .dpi = dpi, .pixels = {}};
      for (int i = 0; i < width * height; ++i) {
        state = state * 1664525U + 1013904223U;
        image.pixels.push_back(static_cast<std::uint8_t>(state >> 24));
      }
      const auto minutiae = extract(image);
      if (!minutiae) continue;
      EXPECT_LE(minutiae->points.size(), static_cast<std::size_t>(limits::minutiae_max));
      int last = 100;
      for (const Minutia& m : minutiae->points) {
        EXPECT_TRUE(m.x_px >= 0 && m.x_px < static_cast<float>(minutiae->width_px));
        EXPECT_TRUE(m.y_px >= 0 && m.y_px < static_cast<float>(minutiae->height_px));
        EXPECT_TRUE(m.direction_rad >= 0 && m.direction_rad < 2 * kPi);
        EXPECT_TRUE(m.quality >= 0 && m.quality <= last);
        last = m.quality;
      }
      EXPECT_TRUE(minutiae->quality >= 0 && minutiae->quality <= 100);
    }
  }
}

// Another extractor's minutiae of the same prints lie beside the prints.
TEST(Extract, AgreesWithAnotherExtractorOnRealPrints) {
  const fs::path data = qorgan::test::source_folder() / "../shared/fingerprints";
  if (!fs::exists(data / "reference_minutiae")) GTEST_SKIP() << "no real prints at " << data;
  for (const char* set : {"fvc2000_db2", "fvc2002_db1", "fvc2002_db2", "fvc2002_db3", "fvc2004_db1"}) {
    SCOPED_TRACE(set);
    const std::optional<int> dpi = std::string_view(set) == "fvc2002_db2" ? std::optional(569) : std::nullopt;
    const auto image = load_image(data / set / "101_1.png", dpi);
    ASSERT_TRUE(image) << image.error().message();
    const auto minutiae = extract(*image);
    ASSERT_TRUE(minutiae) << minutiae.error().message();
    std::ifstream file(data / "reference_minutiae" / set / "101_1.txt");
    std::stringstream text;
    text << file.rdbuf();
    const auto other = parse_minutiae_text(text.str(), set);
    ASSERT_TRUE(other) << other.error().message();
    const std::size_t best = std::min<std::size_t>(15, minutiae->points.size());
    std::size_t agreed = 0;
    for (std::size_t i = 0; i < best; ++i) {
      const Minutia& m = minutiae->points[i];
      const Minutia* near = nearest(*other, {m.x_px, m.y_px, 0});
      if (std::hypot(near->x_px - m.x_px, near->y_px - m.y_px) < 12 &&
          angle_between(near->direction_rad, m.direction_rad) < 0.5)
        ++agreed;
    }
    EXPECT_GE(agreed * 3, best * 2);
  }
}

}  // namespace
}  // namespace qorgan::finger
