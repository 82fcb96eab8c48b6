#include "finger/overlay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numbers>
#include <string>
#include <vector>

#include "tests/finger/pattern.h"

namespace qorgan::finger {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

Minutiae two_minutiae() {
  Minutiae minutiae{.width_px = 320, .height_px = 320, .quality = 61, .points = {}};
  minutiae.points.push_back(
      {.x_px = 100, .y_px = 50, .direction_rad = kPi / 2, .type = MinutiaType::ending, .quality = 90});
  minutiae.points.push_back(
      {.x_px = 20.25F, .y_px = 300, .direction_rad = kPi, .type = MinutiaType::bifurcation, .quality = 30});
  return minutiae;
}

std::string overlay_of(const Image& image, const Minutiae& minutiae) {
  const auto svg = draw_overlay(image, minutiae);
  EXPECT_TRUE(svg) << svg.error().message();
  return svg.value_or("");
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

// Every element is closed, in order, and the document is one element.
void expect_well_formed(const std::string& svg) {
  std::vector<std::string> open;
  std::size_t roots = 0;
  std::size_t end = 0;
  for (std::size_t begin = svg.find('<'); begin != std::string::npos; begin = svg.find('<', end)) {
    EXPECT_EQ(svg.substr(end, begin - end).find('>'), std::string::npos);
    end = svg.find('>', begin);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = svg.substr(begin + 1, end - begin - 1);
    ASSERT_FALSE(tag.empty());
    EXPECT_EQ(tag.find('<'), std::string::npos);
    EXPECT_EQ(std::count(tag.begin(), tag.end(), '"') % 2, 0) << tag.substr(0, 80);
    ++end;
    if (tag.front() == '/') {
      ASSERT_FALSE(open.empty());
      EXPECT_EQ(open.back(), tag.substr(1));
      open.pop_back();
    } else if (tag.back() != '/') {
      roots += open.empty() ? 1 : 0;
      open.push_back(tag.substr(0, tag.find(' ')));
    }
  }
  EXPECT_TRUE(open.empty());
  EXPECT_EQ(roots, 1U);
}

// RFC 4648, section 4.
Bytes from_base64(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Bytes bytes;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text.substr(0, text.find('='))) {
    group = group << 6 | static_cast<std::uint32_t>(digits.find(c));
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<std::uint8_t>(group >> bits));
    group &= (1U << bits) - 1;
  }
  return bytes;
}

TEST(Overlay, IsOneWellFormedDocumentThatFetchesNothing) {
  const std::string svg = overlay_of(test::draw(test::standard_pattern(), 500), two_minutiae());
  expect_well_formed(svg);
  EXPECT_EQ(count(svg, "href="), 1U);
  EXPECT_EQ(count(svg, "href=\"data:image/png;base64,"), 1U);
  EXPECT_EQ(count(svg, "http"), 1U) << "only the namespace";
  EXPECT_EQ(count(svg, "script"), 0U);
}

TEST(Overlay, HoldsThePictureItself) {
  // Sizes that leave every number of bytes over in the last group.
  for (const int side_px : {100, 101, 102, 103, 104}) {
    SCOPED_TRACE(side_px);
    test::Pattern pattern = test::standard_pattern();
    pattern.side_px = side_px;
    const Image image = test::draw(pattern, 500);
    const std::string svg = overlay_of(image, two_minutiae());
    const std::string mark = "base64,";
    const std::size_t begin = svg.find(mark) + mark.size();
    const Bytes file = from_base64(svg.substr(begin, svg.find('"', begin) - begin));
    const auto decoded = decode_image(file, "overlay");
    ASSERT_TRUE(decoded) << decoded.error().message();
    EXPECT_EQ(decoded->pixels, image.pixels);
    EXPECT_EQ(decoded->dpi, image.dpi);
  }
}

TEST(Overlay, DrawsEveryMinutiaWhereItIs) {
  const std::string svg = overlay_of(test::draw(test::standard_pattern(), 500), two_minutiae());
  EXPECT_EQ(count(svg, "<path "), 2U);
  // A quarter turn counter-clockwise from the x axis is up, to smaller y; half a turn is to the left.
  EXPECT_NE(svg.find("M100.0 50.0L100.0 39.0"), std::string::npos);
  EXPECT_NE(svg.find("M20.2 300.0L9.2 300.0"), std::string::npos);
  EXPECT_NE(svg.find("<title>ending, 90 degrees, quality 90</title>"), std::string::npos);
  EXPECT_NE(svg.find("<title>bifurcation, 180 degrees, quality 30</title>"), std::string::npos);
  EXPECT_LT(svg.find("bifurcation, 180"), svg.find("ending, 90")) << "the surest is drawn last, on top";
}

TEST(Overlay, SaysWhatItShows) {
  const std::string svg = overlay_of(test::draw(test::standard_pattern(), 500), two_minutiae());
  EXPECT_NE(svg.find("2 minutiae, print quality 61"), std::string::npos);
  EXPECT_NE(svg.find("viewBox=\"0 0 320 364\""), std::string::npos) << "the legend stands below the print";
}

TEST(Overlay, StretchesAPictureOfAnotherResolution) {
  const std::string svg = overlay_of(test::draw(test::standard_pattern(), 1000), two_minutiae());
  EXPECT_NE(svg.find("<image width=\"320\" height=\"320\""), std::string::npos);
}

TEST(Overlay, DrawsAPrintWithoutMinutiae) {
  const std::string svg =
      overlay_of(test::draw(test::standard_pattern(), 500), {.width_px = 320, .height_px = 320, .points = {}});
  expect_well_formed(svg);
  EXPECT_EQ(count(svg, "<path "), 0U);
}

}  // namespace
}  // namespace qorgan::finger
