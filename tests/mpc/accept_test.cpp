#include "mpc/accept.h"

#include <gtest/gtest.h>

#include "tests/mpc/support.h"

namespace qorgan::mpc::test {
namespace {

std::array<AcceptShares, kParties> share_answers(Random& random, const std::vector<bool>& answers) {
  const std::size_t bytes = (answers.size() + 7) / 8;
  std::array<Bytes, kParties> b;
  for (auto& share : b) {
    for (std::size_t i = 0; i < bytes; ++i) share.push_back(static_cast<std::uint8_t>(random()));
  }
  for (std::size_t i = 0; i < bytes; ++i) {
    std::uint8_t plain = 0;
    for (std::size_t bit = 0; bit < 8 && 8 * i + bit < answers.size(); ++bit) {
      plain = static_cast<std::uint8_t>(plain | (answers[8 * i + bit] ? 1 << bit : 0));
    }
    b[2][i] = static_cast<std::uint8_t>(plain ^ b[0][i] ^ b[1][i]);
  }
  return {AcceptShares{answers.size(), b[0], b[1]}, AcceptShares{answers.size(), b[1], b[2]},
          AcceptShares{answers.size(), b[2], b[0]}};
}

TEST(Accept, ThreeCustodiansSharesGiveTheAnswers) {
  Random random(51);
  for (std::size_t persons = 0; persons <= 40; ++persons) {
    std::vector<bool> answers(persons);
    for (std::size_t p = 0; p < persons; ++p) answers[p] = random() % 2 == 0;
    EXPECT_EQ(reconstruct(share_answers(random, answers)).value(), answers);
  }
}

TEST(Accept, EveryChangedBitIsNoticed) {
  Random random(52);
  const auto shares = share_answers(random, {true, false, true});
  for (std::size_t party = 0; party < kParties; ++party) {
    for (int bit = 0; bit < 8; ++bit) {
      for (const bool own : {true, false}) {
        auto changed = shares;
        (own ? changed[party].own : changed[party].next)[0] ^= static_cast<std::uint8_t>(1 << bit);
        const auto result = reconstruct(changed);
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code, ErrorCode::damaged);
      }
      auto both = shares;
      both[party].own[0] ^= static_cast<std::uint8_t>(1 << bit);
      both[party].next[0] ^= static_cast<std::uint8_t>(1 << bit);
      EXPECT_FALSE(reconstruct(both));
    }
  }
}

TEST(Accept, OtherLengthsAreNoticed) {
  Random random(53);
  const auto shares = share_answers(random, std::vector<bool>(9));
  for (std::size_t party = 0; party < kParties; ++party) {
    for (int what = 0; what < 5; ++what) {
      auto changed = shares;
      if (what == 0) changed[party].persons = 10;
      if (what == 1) changed[party].own.push_back(0);
      if (what == 2) changed[party].next.pop_back();
      if (what == 3) changed[party].own.clear();
      if (what == 4) changed[party].persons = ~std::size_t{0};
      const auto result = reconstruct(changed);
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error().code, ErrorCode::damaged);
    }
  }
}

TEST(Accept, MorePeopleThanMemoryHoldsAreNoticed) {
  std::array<AcceptShares, kParties> shares;
  for (auto& share : shares) share.persons = ~std::size_t{0};
  const auto result = reconstruct(shares);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::damaged);
}

TEST(Accept, CustodiansInAnotherOrderAreNoticed) {
  Random random(54);
  auto shares = share_answers(random, std::vector<bool>(64));
  std::swap(shares[0], shares[1]);
  EXPECT_FALSE(reconstruct(shares));
}

}  // namespace
}  // namespace qorgan::mpc::test
