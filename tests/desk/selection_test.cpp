#include "desk/selection.h"

#include <gtest/gtest.h>

#include <bit>
#include <random>

#include "crypto/random.h"
#include "custodian/lookup.h"

namespace qorgan::desk {
namespace {

std::vector<protocol::RecordId> records(std::size_t people) {
  std::vector<protocol::RecordId> all(people);
  for (auto& record : all) crypto::fill_random(record);
  return all;
}

// What the desk makes of the two custodians' answers.
std::vector<protocol::RecordId> look_up(const std::vector<protocol::RecordId>& order,
                                        const std::vector<std::size_t>& places) {
  const Selections selections = select_places(places, order.size());
  const auto first = custodian::select_records(order, selections.first, places.size());
  const auto second = custodian::select_records(order, selections.second, places.size());
  EXPECT_TRUE(first && second);
  std::vector<protocol::RecordId> found(places.size());
  for (std::size_t i = 0; i < places.size(); ++i)
    for (std::size_t b = 0; b < found[i].size(); ++b)
      found[i][b] = static_cast<std::uint8_t>((*first)[16 * i + b] ^ (*second)[16 * i + b]);
  return found;
}

class Selection : public testing::Test {
 protected:
  void SetUp() override { crypto::initialise(); }
};

TEST_F(Selection, BringsExactlyTheRecordsAskedFor) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 chance(seed);
  for (const std::size_t people : {1U, 2U, 7U, 8U, 9U, 64U, 1000U}) {
    const auto order = records(people);
    std::vector<std::size_t> places = {0, people - 1, people - 1};
    while (places.size() < 10) places.push_back(chance() % people);
    const auto found = look_up(order, places);
    for (std::size_t i = 0; i < places.size(); ++i) EXPECT_EQ(found[i], order[places[i]]) << people << " " << i;
  }
}

// Each custodian alone sees uniformly random bits, whichever place is asked for: every bit is set about half of the
// time. 4,000 fair throws leave 2000 +- 6.5 standard deviations once in 10^10.
TEST_F(Selection, EachAloneIsUniform) {
  constexpr std::size_t kPeople = 13;
  constexpr int kTries = 4000;
  for (const std::size_t place : {std::size_t{0}, std::size_t{12}}) {
    std::array<std::array<int, kPeople>, 2> ones{};
    for (int i = 0; i < kTries; ++i) {
      const Selections selections = select_places({place}, kPeople);
      for (std::size_t person = 0; person < kPeople; ++person) {
        ones[0][person] += selections.first[person / 8] >> person % 8 & 1;
        ones[1][person] += selections.second[person / 8] >> person % 8 & 1;
      }
    }
    for (const auto& custodian : ones)
      for (const int count : custodian) EXPECT_NEAR(count, kTries / 2, 206);
  }
}

TEST_F(Selection, TheTwoDifferInThePlaceAlone) {
  for (std::size_t place = 0; place < 20; ++place) {
    const Selections selections = select_places({place}, 20);
    ASSERT_EQ(selections.first.size(), 3U);
    for (std::size_t byte = 0; byte < 3; ++byte)
      EXPECT_EQ(selections.first[byte] ^ selections.second[byte], byte == place / 8 ? 1 << place % 8 : 0);
    // Bits beyond the last person say nothing.
    EXPECT_EQ(selections.first[2] >> 4, 0);
    EXPECT_EQ(selections.second[2] >> 4, 0);
  }
}

TEST_F(Selection, AnotherLengthIsRefused) {
  const auto order = records(9);
  for (const std::size_t size : {0U, 1U, 3U, 4U, 100U})
    EXPECT_EQ(custodian::select_records(order, Bytes(size), 1).has_value(), size == 2);
  EXPECT_FALSE(custodian::select_records(order, Bytes(2), 2));
  const auto nobody = custodian::select_records({}, {}, 3);
  ASSERT_TRUE(nobody);
  EXPECT_EQ(*nobody, Bytes(48));
}

}  // namespace
}  // namespace qorgan::desk
