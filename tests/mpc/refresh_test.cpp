// New shares: the same template, nothing in common with the old ones, and messages that tell nothing.
#include "mpc/refresh.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/keystream.h"
#include "tests/mpc/support.h"

namespace qorgan::mpc::test {
namespace {

using finger::Template;
using Shares = std::array<StoredShare, kParties>;
using Difference = std::array<std::uint8_t, limits::share_bytes>;

RefreshedFinger place(std::int64_t epoch = 1) {
  RefreshedFinger finger;
  finger.record_id.fill(7);
  finger.position = 2;
  finger.epoch = epoch;
  return finger;
}

struct Refreshed {
  Shares shares;
  Difference d_0;  // what custodian 1 receives
  Difference d_1;  // what custodian 2 receives
};

// Everything that the three do. `with_2` is the key of custodians 0 and 2, `with_1` that of 0 and 1.
Refreshed refresh(const Shares& before, const crypto::Key& with_2, const crypto::Key& with_1,
                  const RefreshedFinger& finger) {
  const crypto::Key seed_0 = refreshed_seed(with_2, 0, finger);
  const crypto::Key seed_1 = refreshed_seed(with_1, 1, finger);
  Refreshed after;
  share_difference(before[2], seed_0, after.d_0);
  share_difference(before[1], seed_1, after.d_1);
  after.shares[0] = refreshed_seeds(seed_0, seed_1);
  after.shares[1] = refreshed_share(before[1], seed_1, after.d_1, after.d_0);
  after.shares[2] = refreshed_share(before[2], seed_0, after.d_0, after.d_1);
  return after;
}

Difference cells(const StoredShare& share, bool own) {
  const auto stored = (own ? share.own : share.next).expose();
  Difference out{};
  if (stored.size() == out.size()) {
    std::copy(stored.begin(), stored.end(), out.begin());
  } else {
    crypto::expand_seed(crypto::Key(stored.first<32>()), out);
  }
  return out;
}

TEST(Refresh, TheTemplateStaysTheSameForAnyTwoOrThree) {
  constexpr std::uint64_t kSeed = 401;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Random random(kSeed);
  for (int round = 0; round < 8; ++round) {
    const Template whole = random_template(random, 4 * round);
    Shares shares = split_from(random, whole);
    for (int epoch = 1; epoch <= 3; ++epoch) {
      shares = refresh(shares, key_from(random), key_from(random), place(epoch)).shares;
      for (const auto& chosen : std::vector<std::vector<std::size_t>>{{0, 1}, {1, 2}, {2, 0}, {0, 1, 2}}) {
        std::vector<const StoredShare*> given;
        for (const std::size_t party : chosen) given.push_back(&shares[party]);
        EXPECT_EQ(rebuild(given).value(), whole);
      }
    }
  }
}

// The clear reference: x_0 + x_1 + x_2, cell by cell.
TEST(Refresh, TheSumOfTheThreeSharesStaysInEveryCell) {
  Random random(402);
  const Shares before = split_from(random, random_template(random, finger::kRows));
  const Shares after = refresh(before, key_from(random), key_from(random), place()).shares;
  for (std::size_t i = 0; i < limits::share_bytes; ++i) {
    std::array<std::uint8_t, 2> sums{};
    for (std::size_t party = 0; party < kParties; ++party) {
      sums[0] = static_cast<std::uint8_t>(sums[0] + cells(before[party], true)[i]);
      sums[1] = static_cast<std::uint8_t>(sums[1] + cells(after[party], true)[i]);
    }
    ASSERT_EQ(sums[0], sums[1]) << i;
  }
}

TEST(Refresh, NeighboursHoldTheSameNewShares) {
  Random random(403);
  const Shares before = split_from(random, random_template(random, finger::kRows));
  const Shares after = refresh(before, key_from(random), key_from(random), place()).shares;
  for (std::size_t party = 0; party < kParties; ++party) {
    EXPECT_EQ(digest_next(after[party]), digest_own(after[(party + 1) % kParties]));
    EXPECT_NE(digest_own(after[party]), digest_own(before[party]));
    EXPECT_EQ(after[party].own.size(), before[party].own.size());
  }
}

// One custodian's shares of before with any other's of after: their copies of the one that both hold differ, and
// whichever copy is taken, the sum is not the template.
TEST(Refresh, AnOldShareWithANewOneRebuildsNothing) {
  Random random(404);
  const Template whole = random_template(random, finger::kRows);
  const Shares before = split_from(random, whole);
  const Shares after = refresh(before, key_from(random), key_from(random), place()).shares;
  for (std::size_t old_party = 0; old_party < kParties; ++old_party) {
    for (std::size_t new_party = 0; new_party < kParties; ++new_party) {
      if (old_party == new_party) continue;
      const auto rebuilt = rebuild(std::array{&before[old_party], &after[new_party]});
      ASSERT_FALSE(rebuilt);
      EXPECT_EQ(rebuilt.error().code, ErrorCode::damaged);
      for (const bool takes_old : {false, true}) {
        std::array<Difference, kParties> parts{};
        const auto take = [&](const Shares& shares, std::size_t party) {
          parts[party] = cells(shares[party], true);
          parts[(party + 1) % kParties] = cells(shares[party], false);
        };
        if (takes_old) take(after, new_party);
        take(before, old_party);
        if (!takes_old) take(after, new_party);
        std::size_t same = 0;
        for (std::size_t i = 0; i < whole.cells.size(); ++i)
          same += static_cast<std::uint8_t>(parts[0][i] + parts[1][i] + parts[2][i]) ==
                  static_cast<std::uint8_t>(whole.cells[i]);
        // By chance one cell in 256.
        EXPECT_LT(same, whole.cells.size() / 64) << old_party << " of before, " << new_party << " of after";
      }
    }
  }
}

TEST(Refresh, EverySeedIsItsFingersAlone) {
  Random random(405);
  const crypto::Key key = key_from(random);
  RefreshedFinger other_record = place();
  other_record.record_id[15] ^= 1;
  RefreshedFinger other_finger = place();
  other_finger.position = 3;
  std::vector<crypto::Key> seeds;
  seeds.push_back(refreshed_seed(key, 0, place()));
  seeds.push_back(refreshed_seed(key, 1, place()));
  seeds.push_back(refreshed_seed(key, 0, place(2)));
  seeds.push_back(refreshed_seed(key, 0, other_record));
  seeds.push_back(refreshed_seed(key, 0, other_finger));
  seeds.push_back(refreshed_seed(key_from(random), 0, place()));
  for (std::size_t i = 0; i < seeds.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) EXPECT_FALSE(seeds[i] == seeds[j]) << i << " and " << j;
  EXPECT_TRUE(seeds[0] == refreshed_seed(key, 0, place()));
}

// What the two receive, over many refreshes of the same shares: uniform in every part, whatever the template.
TEST(Refresh, WhatIsReceivedIsUniform) {
  constexpr std::uint64_t kSeed = 406;
  constexpr std::size_t kPartBytes = limits::share_bytes / 4;
  constexpr int kRounds = 40;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Random random(kSeed);
  for (const Template& whole : {Template{}, random_template(random, finger::kRows)}) {
    const Shares before = split_from(random, whole);
    std::array<std::array<std::array<std::uint32_t, 256>, 4>, 2> counts{};
    for (int round = 0; round < kRounds; ++round) {
      const Refreshed after = refresh(before, key_from(random), key_from(random), place());
      for (std::size_t i = 0; i < limits::share_bytes; ++i) {
        ++counts[0][i / kPartBytes][after.d_0[i]];
        ++counts[1][i / kPartBytes][after.d_1[i]];
      }
    }
    for (const auto& received : counts)
      for (const auto& part : received) EXPECT_LT(chi_square_deviations(part), kDeviationsMax);
  }
}

// The same shares and the same own key, and other keys of the pair that the receiver is not in: every byte that it
// receives changes, and so does its new x_2.
TEST(Refresh, WhatIsReceivedIsHiddenByTheKeyThatTheReceiverLacks) {
  constexpr int kRounds = 12;
  Random random(407);
  const Shares before = split_from(random, random_template(random, finger::kRows));
  const crypto::Key fixed = key_from(random);
  std::vector<Difference> to_1;
  std::vector<Difference> to_2;
  for (int round = 0; round < kRounds; ++round) {
    to_1.push_back(refresh(before, key_from(random), fixed, place()).d_0);
    to_2.push_back(refresh(before, fixed, key_from(random), place()).d_1);
  }
  for (const auto* rounds : {&to_1, &to_2})
    for (std::size_t i = 0; i < limits::share_bytes; ++i)
      ASSERT_FALSE(std::all_of(rounds->begin(), rounds->end(), [&](const Difference& one) {
        return one[i] == rounds->front()[i];
      })) << i;
  // The test could fail: with the same keys the same is sent.
  EXPECT_EQ(refresh(before, fixed, fixed, place()).d_0, refresh(before, fixed, fixed, place()).d_0);
}

// A custodian's view of before and after: nothing that it holds afterwards is, added up in any way that cancels keys,
// the template.
TEST(Refresh, TwoEpochsOfOneCustodianAddUpToNothing) {
  Random random(408);
  const Template whole = random_template(random, finger::kRows);
  const Shares before = split_from(random, whole);
  const Shares after = refresh(before, key_from(random), key_from(random), place()).shares;
  for (std::size_t party = 0; party < kParties; ++party) {
    const std::array<Difference, 4> held{cells(before[party], true), cells(before[party], false),
                                         cells(after[party], true), cells(after[party], false)};
    for (int signs = 0; signs < 81; ++signs) {
      if (signs == 40) continue;  // nothing of anything
      std::size_t same = 0;
      for (std::size_t i = 0; i < whole.cells.size(); ++i) {
        int sum = 0;
        int rest = signs;
        for (const Difference& each : held) {
          sum += (rest % 3 - 1) * each[i];
          rest /= 3;
        }
        same += static_cast<std::uint8_t>(sum) == static_cast<std::uint8_t>(whole.cells[i]);
      }
      ASSERT_LT(same, whole.cells.size() / 16) << "custodian " << party << ", signs " << signs;
    }
  }
}

}  // namespace
}  // namespace qorgan::mpc::test
