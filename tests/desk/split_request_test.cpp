#include "desk/split_request.h"

#include <gtest/gtest.h>

#include <set>

#include "crypto/random.h"

namespace qorgan::desk {
namespace {

std::set<std::string> hex_of(const std::array<crypto::Key, 2>& seeds) {
  return {to_hex(seeds[0].expose()), to_hex(seeds[1].expose())};
}

class SplitSeeds : public testing::Test {
 protected:
  void SetUp() override {
    crypto::initialise();
    secret_ = crypto::random_key();
    id_ = protocol::make_request_id(1);
    whole_.cells[5] = 1;
  }
  crypto::Key secret_;
  protocol::RequestId id_{};
  finger::Template whole_;
};

TEST_F(SplitSeeds, AreTheSameForTheSameRequest) {
  EXPECT_EQ(hex_of(split_seeds(secret_, id_, 2, whole_)), hex_of(split_seeds(secret_, id_, 2, whole_)));
}

TEST_F(SplitSeeds, DifferFromOneAnother) {
  EXPECT_EQ(hex_of(split_seeds(secret_, id_, 2, whole_)).size(), 2U);
}

// Two templates under one seed would show their difference in what is left over.
TEST_F(SplitSeeds, NeverServeAnotherTemplateRequestFingerOrDesk) {
  std::set<std::string> seen = hex_of(split_seeds(secret_, id_, 2, whole_));
  std::size_t made = 2;
  const auto add = [&](const std::array<crypto::Key, 2>& seeds) {
    seen.merge(hex_of(seeds));
    made += 2;
    EXPECT_EQ(seen.size(), made);
  };
  for (const std::size_t cell : {std::size_t{0}, std::size_t{5}, whole_.cells.size() - 1}) {
    finger::Template other = whole_;
    other.cells[cell] = static_cast<std::int8_t>(other.cells[cell] + 1);
    add(split_seeds(secret_, id_, 2, other));
  }
  add(split_seeds(secret_, id_, 3, whole_));
  protocol::RequestId later = id_;
  later[15] ^= 1;
  add(split_seeds(secret_, later, 2, whole_));
  add(split_seeds(crypto::random_key(), id_, 2, whole_));
}

TEST_F(SplitSeeds, GiveSharesThatRebuildTheTemplate) {
  const auto seeds = split_seeds(secret_, id_, 2, whole_);
  const auto shares = mpc::split_with(whole_, seeds[0], seeds[1]);
  const std::array<const mpc::StoredShare*, 2> two = {&shares[0], &shares[2]};
  const auto rebuilt = mpc::rebuild(two);
  ASSERT_TRUE(rebuilt);
  EXPECT_EQ(*rebuilt, whole_);
}

}  // namespace
}  // namespace qorgan::desk
