#include "finger/image.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <random>

#include "base/limits.h"
#include "finger/image_header.h"
#include "tests/finger/picture_files.h"
#include "tests/support/temp_folder.h"

namespace qorgan::finger {
namespace {

constexpr int kWidth_px = 70;
constexpr int kHeight_px = 66;

std::uint8_t grey_at(int x, int y) {
  return static_cast<std::uint8_t>((x * 3 + y * 5) % 251);
}

Image sample_image(int dpi = 500) {
  Image image{.width_px = kWidth_px, .height_px = kHeight_px, .dpi = dpi, .pixels = {}};
  for (int y = 0; y < kHeight_px; ++y)
    for (int x = 0; x < kWidth_px; ++x) image.pixels.push_back(grey_at(x, y));
  return image;
}

test::Picture sample_picture(int channels = 1) {
  test::Picture picture{kWidth_px, kHeight_px, channels, {}};
  for (const std::uint8_t pixel : sample_image().pixels)
    picture.samples.insert(picture.samples.end(), static_cast<std::size_t>(channels), pixel);
  return picture;
}

Bytes tiff_file(const test::Picture& picture, bool low_first = true) {
  test::TiffMaker maker(picture, low_first);
  const auto entries = maker.entries();
  return maker.finish(entries);
}

Bytes pgm(const std::string& head, int count = kWidth_px * kHeight_px) {
  Bytes file(head.begin(), head.end());
  for (int i = 0; i < count; ++i) file.push_back(grey_at(i % kWidth_px, i / kWidth_px));
  return file;
}

void expect_sample(const Result<Image>& image, int dpi) {
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->width_px, kWidth_px);
  EXPECT_EQ(image->height_px, kHeight_px);
  EXPECT_EQ(image->dpi, dpi);
  EXPECT_EQ(image->pixels, sample_image().pixels);
}

void expect_invalid(const Result<Image>& image) {
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, ErrorCode::invalid_input);
  EXPECT_EQ(image.error().where, "it");
  EXPECT_FALSE(image.error().remedy.empty());
}

void put_u32_low_first(Bytes& file, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) file[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

TEST(Image, DecodesEveryFormatGreyAndColour) {
  for (const int channels : {1, 3}) {
    SCOPED_TRACE(channels);
    expect_sample(decode_image(test::png_file(sample_picture(channels)), "it"), 500);
    expect_sample(decode_image(test::bmp_file(sample_picture(channels)), "it"), 500);
    expect_sample(decode_image(tiff_file(sample_picture(channels)), "it"), 500);
  }
  expect_sample(decode_image(pgm("P5\n# a comment\n70 66\n255\n"), "it"), 500);
}

TEST(Image, WeighsColoursByTheirBrightness) {
  test::Picture picture = sample_picture(3);
  for (std::size_t i = 0; i < 3; ++i) picture.samples[i] = i == 1 ? 200 : 0;
  const auto image = decode_image(test::png_file(picture), "it");
  ASSERT_TRUE(image);
  EXPECT_NEAR(image->pixels[0], 0.587 * 200, 1);
}

TEST(Image, TurnsWhiteIsZeroTiffOver) {
  test::TiffMaker maker(sample_picture(), true);
  auto entries = maker.entries();
  entries[4].value = 0;
  const auto image = decode_image(maker.finish(entries), "it");
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->pixels[10], 255 - grey_at(10, 0));
}

TEST(Image, DecodesTextPgm) {
  std::string text = "P2 70 66 255\n";
  for (const std::uint8_t pixel : sample_image().pixels) text += std::to_string(pixel) + "\n";
  expect_sample(decode_image(as_bytes(text), "it"), 500);
  expect_invalid(decode_image(as_bytes(text.substr(0, text.size() - 8)), "it"));
}

TEST(Image, StretchesPgmOfFewerGreys) {
  Bytes file = pgm("P5 70 66 15\n", 0);
  for (int i = 0; i < kWidth_px * kHeight_px; ++i) file.push_back(static_cast<std::uint8_t>(i % 16));
  const auto image = decode_image(file, "it");
  ASSERT_TRUE(image);
  EXPECT_EQ(image->pixels[15], 255);
  EXPECT_EQ(image->pixels[1], 17);
  file.back() = 16;
  expect_invalid(decode_image(file, "it"));
}

TEST(Image, ReadsPngResolution) {
  for (const int dpi : {250, 500, 569, 1000}) {
    const auto file = encode_png(sample_image(dpi));
    ASSERT_TRUE(file);
    expect_sample(decode_image(*file, "it"), dpi);
  }
  const auto file = encode_png(sample_image(569));
  expect_sample(decode_image(*file, "it", 500), 500);
}

TEST(Image, RefusesUnequalOrUnlikelyPngResolution) {
  Bytes file = *encode_png(sample_image());
  const std::size_t phys = 33;
  const auto reseal = [&] {
    Bytes crc;
    append_u32(crc, png_crc(ByteView(file).subspan(phys + 4, 13)));
    std::copy(crc.begin(), crc.end(), file.begin() + phys + 17);
  };
  file[phys + 10] = static_cast<std::uint8_t>(file[phys + 10] ^ 0x0f);
  expect_invalid(decode_image(file, "it"));
  reseal();
  expect_invalid(decode_image(file, "it"));
  expect_sample(decode_image(file, "it", 500), 500);
  file = *encode_png(sample_image(72));
  expect_invalid(decode_image(file, "it"));
  expect_sample(decode_image(file, "it", 400), 400);
  expect_invalid(decode_image(file, "it", 249));
  expect_invalid(decode_image(file, "it", 1001));
}

TEST(Image, ReadsBmpResolution) {
  Bytes file = test::bmp_file(sample_picture());
  put_u32_low_first(file, 38, 39370);
  put_u32_low_first(file, 42, 39370);
  expect_sample(decode_image(file, "it"), 1000);
  put_u32_low_first(file, 42, 19685);
  expect_invalid(decode_image(file, "it"));
}

TEST(Image, ReadsTiffResolutionInBothByteOrders) {
  for (const bool low_first : {true, false}) {
    SCOPED_TRACE(low_first);
    expect_sample(decode_image(tiff_file(sample_picture(), low_first), "it"), 500);
    test::TiffMaker tagged(sample_picture(), low_first);
    const std::uint32_t at = tagged.add_rational(200, 1);
    auto entries = tagged.entries();
    entries.push_back({282, 5, 1, at});
    entries.push_back({283, 5, 1, at});
    entries.push_back({296, 3, 1, 3});
    expect_sample(decode_image(tagged.finish(entries), "it"), 508);
    entries.back().value = 1;
    expect_sample(decode_image(tagged.finish(entries), "it"), 500);
    entries.back().value = 2;
    expect_invalid(decode_image(tagged.finish(entries), "it"));
  }
}

TEST(Image, RefusesTiffThatPromisesTooMuch) {
  const auto refused = [](std::size_t index, std::uint32_t value) {
    test::TiffMaker maker(sample_picture(), true);
    auto entries = maker.entries();
    entries[index].value = value;
    SCOPED_TRACE("entry " + std::to_string(index) + " = " + std::to_string(value));
    expect_invalid(decode_image(maker.finish(entries), "it"));
  };
  refused(0, 4097);
  refused(0, 71);
  refused(1, 67);
  refused(2, 16);
  refused(3, 7);
  refused(4, 6);
  refused(5, 0xfffffff0U);
  refused(6, 3);
  refused(7, 0);
  refused(8, kWidth_px * kHeight_px - 1);
  refused(8, 0xffffffffU);
}

TEST(Image, RefusesSixteenBits) {
  expect_invalid(decode_image(test::png_file(sample_picture(), 16), "it"));
  expect_invalid(decode_image(pgm("P5 70 66 65535\n", 2 * kWidth_px * kHeight_px), "it"));
}

TEST(Image, RefusesOneBrightness) {
  for (const int grey : {0, 128, 255}) {
    const auto picture = test::flat_picture(80, 80, static_cast<std::uint8_t>(grey));
    expect_invalid(decode_image(test::png_file(picture), "it"));
    expect_invalid(decode_image(test::bmp_file(picture), "it"));
  }
}

TEST(Image, RefusesSizesOutsideTheLimits) {
  expect_invalid(decode_image(test::png_file(test::flat_picture(63, 80, 1)), "it"));
  expect_invalid(decode_image(test::png_file(test::flat_picture(80, 4097, 1)), "it"));
  expect_invalid(decode_image(pgm("P5 65535 65535 255\n"), "it"));
}

TEST(Image, RefusesAHugePngByItsHeaderAlone) {
  Bytes file = *encode_png(sample_image());
  file[16] = 0x7f;
  Bytes crc;
  append_u32(crc, png_crc(ByteView(file).subspan(12, 17)));
  std::copy(crc.begin(), crc.end(), file.begin() + 29);
  const auto image = decode_image(file, "it");
  expect_invalid(image);
  EXPECT_NE(image.error().what.find("pixels"), std::string::npos);
}

TEST(Image, RefusesEveryBeginningOfAFile) {
  const std::vector<Bytes> files = {*encode_png(sample_image()), test::bmp_file(sample_picture()),
                                    tiff_file(sample_picture(), false), tiff_file(sample_picture()),
                                    pgm("P5 70 66 255\n")};
  for (const Bytes& file : files) {
    ASSERT_TRUE(decode_image(file, "it", 500));
    for (std::size_t length = 0; length < file.size(); ++length) {
      const auto image = decode_image(ByteView(file).first(length), "it", 500);
      ASSERT_FALSE(image) << "of " << file.size() << " bytes, " << length << " passed for the whole";
      EXPECT_EQ(image.error().code, ErrorCode::invalid_input);
    }
  }
}

TEST(Image, NoticesAPngWhosePixelsAreCutWithinAnIntactFrame) {
  // The pixel chunk loses its last bytes, with length and CRC made to fit again.
  Bytes file = *encode_png(sample_image());
  const std::size_t idat = 33 + 21;
  ASSERT_EQ(file[idat + 4], 'I');
  const std::size_t length = read_u32(ByteView(file).subspan(idat));
  const std::size_t kept = length / 2;
  Bytes cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(idat));
  append_u32(cut, static_cast<std::uint32_t>(kept));
  const Bytes body(file.begin() + static_cast<std::ptrdiff_t>(idat) + 4,
                   file.begin() + static_cast<std::ptrdiff_t>(idat + 8 + kept));
  cut.insert(cut.end(), body.begin(), body.end());
  append_u32(cut, png_crc(body));
  cut.insert(cut.end(), file.end() - 12, file.end());
  expect_invalid(decode_image(cut, "it"));
}

TEST(Image, SurvivesSeededDamage) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::vector<Bytes> files = {test::bmp_file(sample_picture(3)), tiff_file(sample_picture(3)),
                                    *encode_png(sample_image()), pgm("P5 70 66 255\n")};
  for (int i = 0; i < 2000; ++i) {
    Bytes file = files[random() % files.size()];
    for (int changes = 0; changes < 3; ++changes) {
      const std::size_t reach = random() % 2 == 0 ? std::min<std::size_t>(64, file.size()) : file.size();
      file[random() % reach] = static_cast<std::uint8_t>(random());
    }
    const auto image = decode_image(file, "it", 500);
    if (image) {
      EXPECT_EQ(image->pixels.size(),
                static_cast<std::size_t>(image->width_px) * static_cast<std::size_t>(image->height_px));
    }
  }
}

TEST(Image, RefusesWhatIsNoPicture) {
  expect_invalid(decode_image(as_bytes("a letter"), "it"));
  expect_invalid(decode_image({}, "it"));
  expect_invalid(decode_image(as_bytes("P5"), "it"));
  expect_invalid(decode_image(as_bytes("BM"), "it"));
}

TEST(Image, SavesAndLoads) {
  const test::TempFolder folder;
  const auto path = folder.path() / "print.png";
  ASSERT_TRUE(save_png(sample_image(569), path));
  expect_sample(load_image(path), 569);
  const auto absent = load_image(folder.path() / "none.png");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace qorgan::finger
