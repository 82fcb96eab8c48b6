#include "finger/load.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/file.h"
#include "base/limits.h"
#include "finger/image.h"
#include "finger/iso.h"
#include "finger/minutiae_text.h"
#include "tests/finger/random_minutiae.h"
#include "tests/support/temp_folder.h"

namespace qorgan::finger {
namespace {

using test::Random;

class Load : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, ByteView content) {
    const auto path = folder_.path() / name;
    EXPECT_TRUE(write_file_atomically(path, content, FileMode::public_file));
    return path;
  }
  std::filesystem::path place(const std::string& name) const { return folder_.path() / name; }

 private:
  test::TempFolder folder_;
};

IsoRecord record_of(const Minutiae& minutiae, std::size_t views) {
  return {.views = std::vector<IsoView>(views, IsoView{.position = Position::left_index, .minutiae = minutiae})};
}

TEST_F(Load, TellsARecordByItsContent) {
  Random random(1);
  const Minutiae minutiae = test::random_minutiae(random, 30);
  const auto path = write("print.png", *write_iso_record(record_of(minutiae, 1)));
  const auto loaded = load_minutiae(path);
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->points.size(), 30u);
  EXPECT_EQ(loaded->width_px, minutiae.width_px);
}

TEST_F(Load, ARecordOfSeveralViewsIsRefused) {
  Random random(2);
  const auto path = write("two", *write_iso_record(record_of(test::random_minutiae(random, 9), 2)));
  const auto loaded = load_minutiae(path);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::invalid_input);
  EXPECT_NE(loaded.error().what.find("2 views"), std::string::npos) << loaded.error().what;
}

TEST_F(Load, TellsTextByItsContent) {
  const auto loaded = load_minutiae(write("print.bin", as_bytes("# mine\n10 20.5 90 77\n")));
  ASSERT_TRUE(loaded) << loaded.error().message();
  ASSERT_EQ(loaded->points.size(), 1u);
  EXPECT_EQ(loaded->points[0].y_px, 20.5F);
}

TEST_F(Load, WhatIsNoPrintIsAnErrorThatNamesTheFile) {
  const auto garbage = write("letter.txt", as_bytes("Dear all, this is not a print"));
  const auto empty = write("empty.png", {});
  for (const auto& path : {garbage, empty}) {
    const auto loaded = load_minutiae(path);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::invalid_input);
    EXPECT_EQ(loaded.error().where, path.string());
  }
  EXPECT_EQ(load_minutiae(place("missing")).error().code, ErrorCode::not_found);
}

TEST_F(Load, APictureWithoutRidgesIsOfLowQuality) {
  Image image{.width_px = 300, .height_px = 300, .dpi = 500, .pixels = std::vector<std::uint8_t>(300 * 300, 250)};
  image.pixels[150 * 300 + 150] = 10;
  const auto path = place("white.png");
  ASSERT_TRUE(save_png(image, path));
  const auto loaded = load_minutiae(path);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::low_quality);
  EXPECT_EQ(loaded.error().where, path.string());
}

TEST(MinutiaeText, ReadsBackWhatItWrote) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    const Minutiae minutiae = test::random_minutiae(random, static_cast<int>(random() % 200));
    const auto read = parse_minutiae_text(format_minutiae_text(minutiae), "test");
    ASSERT_TRUE(read) << read.error().message();
    ASSERT_EQ(read->points.size(), minutiae.points.size());
    for (std::size_t i = 0; i < minutiae.points.size(); ++i) {
      EXPECT_NEAR(read->points[i].x_px, minutiae.points[i].x_px, 0.006);
      EXPECT_NEAR(read->points[i].y_px, minutiae.points[i].y_px, 0.006);
      EXPECT_NEAR(
          std::remainder(read->points[i].direction_rad - minutiae.points[i].direction_rad, 2 * std::numbers::pi), 0,
          1e-4);
      EXPECT_EQ(read->points[i].quality, minutiae.points[i].quality);
      EXPECT_EQ(read->points[i].type, minutiae.points[i].type);
    }
  }
}

TEST(MinutiaeText, KeepsTheBestAndPutsThemFirst) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "5 6 7 " + std::to_string(i % 101) + "\n";
  const auto read = parse_minutiae_text(text, "test");
  ASSERT_TRUE(read);
  ASSERT_EQ(read->points.size(), static_cast<std::size_t>(limits::minutiae_max));
  EXPECT_TRUE(std::ranges::is_sorted(read->points, std::ranges::greater{}, &Minutia::quality));
  EXPECT_EQ(read->points.front().quality, 100);
  EXPECT_EQ(read->width_px, 6);
  EXPECT_EQ(read->height_px, 7);
}

TEST(MinutiaeText, AnEmptyTextHasNoMinutiae) {
  const auto read = parse_minutiae_text("\n  \r\n# nothing\n", "test");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->points.empty());
}

TEST(MinutiaeText, TheTypeMayBeLeftOut) {
  const auto read = parse_minutiae_text("1 2 3 4\r\n1 2 3 4 ending\t\r\n\t1 2 3 4   bifurcation", "test");
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_EQ(read->points.size(), 3u);
  EXPECT_EQ(read->points[0].type, MinutiaType::other);
  EXPECT_EQ(read->points[1].type, MinutiaType::ending);
  EXPECT_EQ(read->points[2].type, MinutiaType::bifurcation);
}

TEST(MinutiaeText, AWrongLineIsNamed) {
  for (const char* line : {"1 2 3", "1 2 3 4 5", "a 2 3 4", "1 2 3 4x", "-1 2 3 4", "1 4096.01 3 4", "1 2 361 4",
                           "1 2 -1 4", "1 2 3 101", "nan 2 3 4", "1 inf 3 4", "1e99 2 3 4", "1,2,3,4", "0x10 2 3 4"}) {
    const auto read = parse_minutiae_text(std::string("1 2 3 4\n") + line + "\n", "test");
    ASSERT_FALSE(read) << line;
    EXPECT_EQ(read.error().code, ErrorCode::invalid_input);
    EXPECT_NE(read.error().what.find("line 2"), std::string::npos) << read.error().what;
  }
}

}  // namespace
}  // namespace qorgan::finger
