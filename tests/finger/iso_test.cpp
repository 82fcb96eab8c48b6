#include "finger/iso.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/limits.h"
#include "tests/finger/random_minutiae.h"

namespace qorgan::finger {
namespace {

using test::Random;

constexpr float kStep_rad = static_cast<float>(2 * std::numbers::pi / 256);

// Written by hand from the layout of ISO/IEC 19794-2:2005, clause 8: two views of three and no minutiae, at 197 pixels
// a centimetre.
const Bytes& golden() {
  static const Bytes bytes = {
      'F',  'M',  'R',  0x00,              // format identifier
      ' ',  '2',  '0',  0x00,              // version
      0x00, 0x00, 0x00, 0x36,              // length: 24 + (4 + 3 * 6 + 2) + (4 + 2) = 54
      0x00, 0x00,                          // capture equipment
      0x01, 0x2C,                          // 300 across
      0x01, 0x90,                          // 400 down
      0x00, 0xC5,                          // 197 a centimetre across
      0x00, 0xC5,                          // and down
      0x02,                                // views
      0x00,                                // reserved
      0x02,                                // right index
      0x00,                                // view 0, live-scan plain
      0x50,                                // quality 80
      0x03,                                // minutiae
      0x40, 0x64, 0x00, 0xC8, 0x40, 0x5A,  // ending at 100, 200, a quarter of a turn, quality 90
      0x81, 0x2B, 0x01, 0x8F, 0xFF, 0x32,  // bifurcation at 299, 399, 255/256 of a turn, quality 50
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00,  // other at 0, 0, quality not said
      0x00, 0x00,                          // no extended data
      0x02,                                // right index again
      0x11,                                // view 1, live-scan rolled
      0x00,                                // quality
      0x00,                                // minutiae
      0x00, 0x00,                          // no extended data
  };
  return bytes;
}

IsoRecord golden_record() {
  const auto view = [](int quality) {
    return Minutiae{.width_px = 300, .height_px = 400, .quality = quality, .points = {}};
  };
  IsoRecord record;
  record.views.push_back({Position::right_index, 0, view(80)});
  record.views[0].minutiae.points = {
      {.x_px = 100, .y_px = 200, .direction_rad = 64 * kStep_rad, .type = MinutiaType::ending, .quality = 90},
      {.x_px = 299, .y_px = 399, .direction_rad = 255 * kStep_rad, .type = MinutiaType::bifurcation, .quality = 50},
      {.x_px = 0, .y_px = 0, .direction_rad = 0, .type = MinutiaType::other, .quality = 0},
  };
  record.views.push_back({Position::right_index, 1, view(0)});
  return record;
}

// What is wrong with a record, in words; empty where nothing is.
std::string complaint(const Bytes& file) {
  const auto read = read_iso_record(file, "test.fmr");
  if (read) return {};
  EXPECT_EQ(read.error().code, ErrorCode::invalid_input);
  EXPECT_EQ(read.error().where, "test.fmr");
  return read.error().what;
}

std::string complaint_with(std::size_t offset, std::vector<int> bytes) {
  Bytes file = golden();
  for (const int byte : bytes) file.at(offset++) = static_cast<std::uint8_t>(byte);
  return complaint(file);
}

void expect_equal(const Minutiae& a, const Minutiae& b) {
  EXPECT_EQ(a.width_px, b.width_px);
  EXPECT_EQ(a.height_px, b.height_px);
  EXPECT_EQ(a.quality, b.quality);
  ASSERT_EQ(a.points.size(), b.points.size());
  for (std::size_t i = 0; i < a.points.size(); ++i) {
    EXPECT_EQ(a.points[i].x_px, b.points[i].x_px) << i;
    EXPECT_EQ(a.points[i].y_px, b.points[i].y_px) << i;
    EXPECT_NEAR(a.points[i].direction_rad, b.points[i].direction_rad, 1e-5F) << i;
    EXPECT_EQ(a.points[i].type, b.points[i].type) << i;
    EXPECT_EQ(a.points[i].quality, b.points[i].quality) << i;
  }
}

TEST(IsoRecord, WritesTheStandardsBytes) {
  const auto written = write_iso_record(golden_record());
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_EQ(to_hex(*written), to_hex(golden()));
}

TEST(IsoRecord, ReadsTheStandardsBytes) {
  const auto read = read_iso_record(golden(), "test.fmr");
  ASSERT_TRUE(read) << read.error().message();
  const IsoRecord expected = golden_record();
  ASSERT_EQ(read->views.size(), expected.views.size());
  for (std::size_t i = 0; i < expected.views.size(); ++i) {
    EXPECT_EQ(read->views[i].position, expected.views[i].position);
    EXPECT_EQ(read->views[i].impression_type, expected.views[i].impression_type);
    expect_equal(read->views[i].minutiae, expected.views[i].minutiae);
  }
}

TEST(IsoRecord, ReadsBackWhatItWrote) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    IsoRecord record;
    const auto views = 1 + random() % limits::iso_views_max;
    for (std::size_t i = 0; i < views; ++i) {
      IsoView view{.position = position_from_code(static_cast<int>(random() % 11)),
                   .impression_type = static_cast<std::uint8_t>(random() % 4),
                   .minutiae = test::random_minutiae(random, static_cast<int>(random() % 256))};
      for (Minutia& point : view.minutiae.points) {
        point.x_px = std::round(point.x_px);
        point.y_px = std::round(point.y_px);
        point.direction_rad = static_cast<float>(random() % 256) * kStep_rad;
      }
      record.views.push_back(view);
    }
    const auto written = write_iso_record(record);
    ASSERT_TRUE(written) << written.error().message();
    const auto read = read_iso_record(*written, "test");
    ASSERT_TRUE(read) << read.error().message();
    ASSERT_EQ(read->views.size(), views);
    for (std::size_t i = 0; i < views; ++i) {
      EXPECT_EQ(read->views[i].position, record.views[i].position);
      EXPECT_EQ(read->views[i].impression_type, record.views[i].impression_type);
      expect_equal(read->views[i].minutiae, record.views[i].minutiae);
    }
  }
}

TEST(IsoRecord, RoundsPositionsAndDirectionsAndStaysInsideThePicture) {
  IsoRecord record = golden_record();
  record.views.resize(1);
  record.views[0].minutiae.points = {
      {.x_px = 299.9F, .y_px = 399.6F, .direction_rad = 6.28F, .type = MinutiaType::other, .quality = 1}};
  const auto written = write_iso_record(record);
  ASSERT_TRUE(written);
  const auto read = read_iso_record(*written, "test");
  ASSERT_TRUE(read) << read.error().message();
  const Minutia& point = read->views[0].minutiae.points.at(0);
  EXPECT_EQ(point.x_px, 299);
  EXPECT_EQ(point.y_px, 399);
  EXPECT_EQ(point.direction_rad, 0) << "6.28 is nearer to a whole turn than to 255/256 of it";
}

TEST(IsoRecord, ACutRecordIsRefusedAtEveryLength) {
  for (std::size_t size = 0; size < golden().size(); ++size) {
    Bytes cut(golden().begin(), golden().begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_NE(complaint(cut), "") << size;
    if (size < 12) continue;
    // Also where the length it gives is made to fit.
    cut[11] = static_cast<std::uint8_t>(size);
    EXPECT_NE(complaint(cut), "") << size << " bytes, and it says so";
  }
}

TEST(IsoRecord, SaysWhichFieldIsWrongAndWhere) {
  const struct {
    std::size_t offset;
    std::vector<int> bytes;
    const char* word;
    const char* byte;
  } kCases[] = {
      {0, {'F', 'M', 'X'}, "format identifier", "byte 0"},
      {4, {' ', '3', '0'}, "version", "byte 4"},
      {8, {0, 0, 0, 55}, "record length", "byte 8"},
      {8, {0xFF, 0xFF, 0xFF, 0xFF}, "record length", "byte 8"},
      {14, {0, 0}, "image width", "byte 14"},
      {14, {0x10, 0x01}, "image width", "byte 14"},
      {16, {0, 0}, "image height", "byte 16"},
      {18, {0, 97, 0, 97}, "resolution across", "byte 18"},
      {18, {1, 139, 1, 139}, "resolution across", "byte 18"},
      {20, {0, 196}, "resolution down", "byte 20"},
      {22, {0}, "number of views", "byte 22"},
      {22, {limits::iso_views_max + 1}, "number of views", "byte 22"},
      {22, {3}, "finger position", "byte 54"},
      {22, {1}, "goes on for 6 bytes", "byte 48"},
      {23, {1}, "reserved byte", "byte 23"},
      {24, {11}, "finger position", "byte 24"},
      {26, {101}, "finger quality", "byte 26"},
      {27, {5}, "number of minutiae", "byte 27"},
      {27, {255}, "number of minutiae", "byte 27"},
      {28, {0xC0, 0x64}, "minutia type", "byte 28"},
      {28, {0x41, 0x2C}, "minutia x", "byte 28"},
      {30, {0x40, 0xC8}, "reserved bits", "byte 30"},
      {30, {0x01, 0x90}, "minutia y", "byte 30"},
      {33, {101}, "minutia quality", "byte 33"},
      {46, {0xFF, 0xFF}, "extended data", "byte 48"},
  };
  for (const auto& wrong : kCases) {
    const std::string said = complaint_with(wrong.offset, wrong.bytes);
    EXPECT_NE(said.find(wrong.word), std::string::npos) << said << " does not speak of " << wrong.word;
    EXPECT_NE((said + ':').find(std::string(wrong.byte) + ':'), std::string::npos)
        << said << " does not say " << wrong.byte;
  }
}

TEST(IsoRecord, BytesLeftOverAreRefused) {
  Bytes file = golden();
  file.push_back(0);
  EXPECT_NE(complaint(file).find("record length"), std::string::npos);
  file[11] = static_cast<std::uint8_t>(file.size());
  EXPECT_NE(complaint(file).find("goes on for 1 bytes"), std::string::npos);
}

TEST(IsoRecord, ALongerRecordThanTheLimitIsRefused) {
  Bytes file = golden();
  file.resize(limits::iso_record_bytes_max + 1);
  file[9] = 1;
  file[10] = file[11] = 0;
  EXPECT_NE(complaint(file).find("above"), std::string::npos);
}

TEST(IsoRecord, SkipsExtendedData) {
  Bytes file = golden();
  file[11] = static_cast<std::uint8_t>(file[11] + 3);
  file[47] = 3;
  file.insert(file.begin() + 48, {1, 2, 3});
  const auto read = read_iso_record(file, "test");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->views.size(), 2u);
  EXPECT_EQ(read->views[0].minutiae.points.size(), 3u);
}

TEST(IsoRecord, IsRescaledTo500Dpi) {
  Bytes file = golden();
  file[18] = file[20] = 394 >> 8;
  file[19] = file[21] = 394 & 255;
  const auto read = read_iso_record(file, "test");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->views[0].minutiae.width_px, 150);
  EXPECT_EQ(read->views[0].minutiae.height_px, 200);
  EXPECT_FLOAT_EQ(read->views[0].minutiae.points[0].x_px, 50);
  EXPECT_FLOAT_EQ(read->views[0].minutiae.points[0].y_px, 100);
  EXPECT_FLOAT_EQ(read->views[0].minutiae.points[0].direction_rad, 64 * kStep_rad);
}

TEST(IsoRecord, MinutiaeComeBestFirst) {
  Bytes file = golden();
  file[33] = 10;
  const auto read = read_iso_record(file, "test");
  ASSERT_TRUE(read) << read.error().message();
  const auto& points = read->views[0].minutiae.points;
  EXPECT_EQ(points[0].quality, 50);
  EXPECT_EQ(points[1].quality, 10);
  EXPECT_EQ(points[2].quality, 0);
}

TEST(IsoRecord, WhatCannotBeWrittenIsRefused) {
  const auto refused = [](auto change) {
    IsoRecord record = golden_record();
    change(record);
    const auto written = write_iso_record(record);
    return !written && written.error().code == ErrorCode::invalid_input;
  };
  EXPECT_TRUE(refused([](IsoRecord& r) { r.views.clear(); }));
  EXPECT_TRUE(refused([](IsoRecord& r) { r.views.resize(limits::iso_views_max + 1, r.views[1]); }));
  EXPECT_TRUE(refused([](IsoRecord& r) { r.views[0].impression_type = 16; }));
  EXPECT_TRUE(refused([](IsoRecord& r) { r.views[0].minutiae.width_px = 0; }));
  EXPECT_TRUE(refused([](IsoRecord& r) { r.views[0].minutiae.height_px = limits::image_side_px_max + 1; }));
  EXPECT_TRUE(refused([](IsoRecord& r) { r.views[0].minutiae.quality = 101; }));
  EXPECT_TRUE(refused([](IsoRecord& r) { r.views[0].minutiae.points[0].x_px = 301; }));
  EXPECT_TRUE(refused([](IsoRecord& r) { r.views[0].minutiae.points[0].y_px = -1; }));
  EXPECT_TRUE(refused([](IsoRecord& r) { r.views[0].minutiae.points[0].x_px = std::nanf(""); }));
  EXPECT_TRUE(refused([](IsoRecord& r) { r.views[0].minutiae.points[0].direction_rad = HUGE_VALF; }));
  EXPECT_TRUE(refused([](IsoRecord& r) { r.views[0].minutiae.points[0].quality = -1; }));
  EXPECT_TRUE(refused([](IsoRecord& r) {
    r.views[0].minutiae.points.resize(limits::minutiae_max + 1, r.views[0].minutiae.points[0]);
  }));
}

TEST(Position, CodesAndNamesAgree) {
  for (int code = 1; code <= 10; ++code) {
    const auto position = position_from_code(code);
    ASSERT_TRUE(position);
    EXPECT_EQ(static_cast<int>(*position), code);
    EXPECT_EQ(position_from_name(position_name(*position)), position);
  }
  EXPECT_EQ(position_name(Position::right_thumb), "right-thumb");
  EXPECT_EQ(position_name(Position::left_little), "left-little");
  EXPECT_FALSE(position_from_code(0));
  EXPECT_FALSE(position_from_code(11));
  EXPECT_FALSE(position_from_code(-1));
  EXPECT_FALSE(position_from_name("Right-Thumb"));
  EXPECT_FALSE(position_from_name(""));
}

}  // namespace
}  // namespace qorgan::finger
