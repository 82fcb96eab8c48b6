#include "finger/projection.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/file.h"
#include "base/limits.h"
#include "finger/learn_projection.h"
#include "tests/finger/random_minutiae.h"
#include "tests/support/source_folder.h"
#include "tests/support/temp_folder.h"

namespace qorgan::finger {
namespace {

using test::Random;

Projection random_projection(std::uint64_t seed) {
  Random random(seed);
  Projection projection;
  for (auto& mean : projection.mean) mean = static_cast<std::int16_t>(random() % (255 * 16 + 1));
  for (auto& row : projection.weights)
    for (auto& weight : row) weight = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127);
  projection.command = "qorgan lab learn somewhere";
  projection.prints = 12;
  projection.cylinders = 345;
  return projection;
}

std::size_t head_size(const Bytes& file) {
  const std::string text(file.begin(), file.end());
  return text.find("\n\n") + 2;
}

TEST(Projection, ReadsBackWhatItWrote) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Projection projection = random_projection(seed);
    const auto read = decode_projection(encode_projection(projection), "test");
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(*read, projection) << seed;
  }
}

TEST(Projection, ACutFileIsRefusedAtEveryLength) {
  const Bytes file = encode_projection(random_projection(1));
  for (std::size_t size = 0; size < file.size(); size += size < head_size(file) + 8 ? 1 : 397) {
    const auto read = decode_projection(ByteView(file).first(size), "test");
    ASSERT_FALSE(read) << size;
    EXPECT_EQ(read.error().code, ErrorCode::damaged) << size;
    EXPECT_EQ(read.error().where, "test");
  }
}

TEST(Projection, AChangedByteIsNoticed) {
  const Bytes file = encode_projection(random_projection(2));
  for (std::size_t at = 0; at < file.size(); at += at < head_size(file) + 8 ? 1 : 211) {
    Bytes changed = file;
    changed[at] ^= 1;
    EXPECT_FALSE(decode_projection(changed, "test")) << "byte " << at;
  }
}

TEST(Projection, MoreBytesThanThereShouldBeAreRefused) {
  Bytes file = encode_projection(random_projection(3));
  file.push_back(0);
  EXPECT_EQ(decode_projection(file, "test").error().code, ErrorCode::damaged);
}

TEST(Projection, AnUnknownLineInTheHeadIsRefused) {
  const Bytes file = encode_projection(random_projection(3));
  std::string text(file.begin(), file.end());
  text.insert(text.find("prints"), "author: nobody\n");
  EXPECT_EQ(decode_projection(as_bytes(text), "test").error().code, ErrorCode::damaged);
}

TEST(Projection, AnotherVersionOrSizeSaysSo) {
  const Bytes file = encode_projection(random_projection(3));
  const std::string text(file.begin(), file.end());
  std::string other_version = text;
  other_version.replace(text.find("projection 1"), 12, "projection 2");
  EXPECT_EQ(decode_projection(as_bytes(other_version), "test").error().code, ErrorCode::version_mismatch);
  std::string other_signs = text;
  other_signs.replace(text.find("signs: 124"), 10, "signs: 120");
  const auto read = decode_projection(as_bytes(other_signs), "test");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::version_mismatch);
  EXPECT_NE(read.error().what.find("120 signs"), std::string::npos) << read.error().what;
}

TEST(Projection, AFileThatIsNotThereOrTooLargeIsAnError) {
  test::TempFolder folder;
  EXPECT_EQ(load_projection(folder.path() / "none").error().code, ErrorCode::not_found);
  const Bytes large(limits::projection_file_bytes_max + 1);
  ASSERT_TRUE(write_file_atomically(folder.path() / "large", large, FileMode::public_file));
  EXPECT_FALSE(load_projection(folder.path() / "large"));
}

TEST(Projection, TheBuiltInOneIsTheFileOfTheRepository) {
  const auto file = load_projection(qorgan::test::source_folder() / "data/projection.bin");
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(default_projection(), *file);
  EXPECT_GT(file->cylinders, limits::learn_cylinders_min);
}

TEST(Projection, ASignIsThatOfTheSumOverValidCells) {
  Random random(7);
  const Projection projection = random_projection(7);
  for (int round = 0; round < 50; ++round) {
    Cylinder cylinder;
    for (auto& valid : cylinder.valid) valid = random() % 4 != 0;
    for (std::size_t i = 0; i < kCylinderCells; ++i)
      cylinder.cells[i] = cylinder.valid[i % kCylinderPlaces] ? static_cast<std::uint8_t>(random()) : 0;
    const auto signs = projected_signs(projection, cylinder);
    for (std::size_t k = 0; k < kSignCount; ++k) {
      double sum = 0;
      for (std::size_t i = 0; i < kCylinderCells; ++i)
        if (cylinder.valid[i % kCylinderPlaces])
          sum += projection.weights[k][i] * (cylinder.cells[i] - projection.mean[i] / 16.0);
      EXPECT_EQ(signs[k], sum > 0 ? 1 : 0) << k;
    }
  }
}

TEST(Projection, TheLargestSumsDoNotOverflow) {
  Projection projection;
  projection.weights[0].fill(127);
  projection.weights[1].fill(-127);
  Cylinder cylinder;
  cylinder.valid.fill(true);
  cylinder.cells.fill(255);
  const auto high = projected_signs(projection, cylinder);
  EXPECT_EQ(high[0], 1);
  EXPECT_EQ(high[1], 0);
  EXPECT_EQ(high[2], 0) << "a sum of zero is not positive";
  projection.mean.fill(255 * 16);
  cylinder.cells.fill(0);
  const auto low = projected_signs(projection, cylinder);
  EXPECT_EQ(low[0], 0);
  EXPECT_EQ(low[1], 1);
}

std::vector<Minutiae> training_prints(int count) {
  Random random(11);
  std::vector<Minutiae> prints;
  for (int i = 0; i < count; ++i) prints.push_back(test::random_minutiae(random, 50));
  return prints;
}

TEST(LearnProjection, FindsOrthogonalDirectionsThatSplitThePrintsInHalves) {
  const auto prints = training_prints(90);
  const auto learnt = learn_projection(prints, "qorgan lab learn test");
  ASSERT_TRUE(learnt) << learnt.error().message();
  EXPECT_EQ(learnt->prints, 90u);
  EXPECT_GE(learnt->cylinders, limits::learn_cylinders_min);
  EXPECT_EQ(learnt->command, "qorgan lab learn test");
  for (std::size_t k = 1; k < kSignCount; ++k) {
    double product = 0;
    double own = 0;
    double first = 0;
    for (std::size_t i = 0; i < kCylinderCells; ++i) {
      product += learnt->weights[0][i] * learnt->weights[k][i];
      own += std::pow(learnt->weights[k][i], 2);
      first += std::pow(learnt->weights[0][i], 2);
    }
    EXPECT_LT(std::abs(product) / std::sqrt(own * first), 0.02) << k;
  }
  std::array<int, kSignCount> ones{};
  int count = 0;
  for (const Minutiae& print : prints) {
    for (const Cylinder& cylinder : make_cylinders(print.points)) {
      const auto signs = projected_signs(*learnt, cylinder);
      for (std::size_t k = 0; k < kSignCount; ++k) ones[k] += signs[k];
      ++count;
    }
  }
  for (std::size_t k = 0; k < kSignCount; ++k) EXPECT_NEAR(ones[k] / static_cast<double>(count), 0.5, 0.1) << k;
}

TEST(LearnProjection, TooFewPrintsAreRefused) {
  const auto learnt = learn_projection(training_prints(3), "test");
  ASSERT_FALSE(learnt);
  EXPECT_EQ(learnt.error().code, ErrorCode::low_quality);
  EXPECT_NE(learnt.error().what.find("3 prints"), std::string::npos) << learnt.error().what;
}

TEST(LearnProjection, ACommandThatWouldBreakTheFileIsRefused) {
  EXPECT_EQ(learn_projection({}, "two\nlines").error().code, ErrorCode::invalid_input);
  EXPECT_EQ(learn_projection({}, "").error().code, ErrorCode::invalid_input);
  EXPECT_EQ(learn_projection({}, std::string(limits::projection_command_bytes_max + 1, 'x')).error().code,
            ErrorCode::invalid_input);
}

}  // namespace
}  // namespace qorgan::finger
