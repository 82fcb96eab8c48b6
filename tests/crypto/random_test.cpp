#include "crypto/random.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace qorgan::crypto {
namespace {

class Random : public testing::Test {
 protected:
  void SetUp() override { initialise(); }
};

TEST_F(Random, MayBeInitialisedAgain) {
  initialise();
  initialise();
}

TEST_F(Random, DoesNotRepeat) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(to_hex(random_bytes(16)));
  EXPECT_EQ(seen.size(), 1000U);
  EXPECT_FALSE(random_key() == random_key());
}

// A byte stays zero through all of them with a chance of 2^-128.
TEST_F(Random, FillsEveryByte) {
  Bytes folded(1000);
  for (int i = 0; i < 16; ++i) {
    const Bytes next = random_bytes(folded.size());
    for (std::size_t k = 0; k < folded.size(); ++k) folded[k] = static_cast<std::uint8_t>(folded[k] | next[k]);
  }
  std::size_t zero = 0;
  for (const std::uint8_t byte : folded) zero += byte == 0 ? 1U : 0U;
  EXPECT_EQ(zero, 0U);
}

TEST_F(Random, BelowABoundMeetsEveryValueAndNoOther) {
  std::array<int, 7> counts{};
  for (int i = 0; i < 7000; ++i) {
    const std::uint32_t value = random_below(7);
    ASSERT_LT(value, 7U);
    ++counts[value];
  }
  // Mean 1000, standard deviation 29: ten of those away.
  for (const int count : counts) EXPECT_NEAR(count, 1000, 290);
  EXPECT_EQ(random_below(1), 0U);
}

TEST(RandomDeathTest, BelowZeroStops) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(random_below(0), "bound >= 1");
}

}  // namespace
}  // namespace qorgan::crypto
