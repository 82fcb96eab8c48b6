#include "mpc/shares.h"

#include <gtest/gtest.h>

#include "crypto/random.h"
#include "mpc/probe.h"
#include "tests/mpc/support.h"

namespace qorgan::mpc::test {
namespace {

using finger::Template;
using Expanded = std::array<std::uint8_t, kExpandedBytes>;

StoredShare copy(const StoredShare& share) {
  return {share.party, share.own.clone(), share.next.clone()};
}

TEST(Shares, AnyTwoOrThreeCustodiansRebuildTheTemplate) {
  Random random(41);
  for (int round = 0; round < 20; ++round) {
    const Template whole = random_template(random, round);
    const auto shares = split(whole);
    for (const auto& chosen :
         std::vector<std::vector<std::size_t>>{{0, 1}, {1, 2}, {2, 0}, {1, 0}, {0, 1, 2}, {2, 1, 0}}) {
      std::vector<const StoredShare*> given;
      for (const std::size_t party : chosen) given.push_back(&shares[party]);
      EXPECT_EQ(rebuild(given).value(), whole);
    }
  }
}

TEST(Shares, OneCustodianDoesNotRebuild) {
  const auto shares = split(Template{});
  const auto one = rebuild(std::array{&shares[0]});
  ASSERT_FALSE(one);
  EXPECT_EQ(one.error().code, ErrorCode::invalid_input);
  const auto twice = rebuild(std::array{&shares[1], &shares[1]});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, ErrorCode::invalid_input);
  EXPECT_FALSE(rebuild({}));
}

TEST(Shares, RebuildingSeesThatCopiesDiffer) {
  for (std::size_t party = 0; party < kParties; ++party) {
    for (const bool own : {false, true}) {
      auto shares = split(Template{});
      auto& part = own ? shares[party].own : shares[party].next;
      part.expose_mutable()[part.size() - 1] ^= 1;
      const auto result = rebuild(std::array{&shares[0], &shares[1], &shares[2]});
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error().code, ErrorCode::damaged);
    }
  }
}

TEST(Shares, TheSameTemplateIsNeverSplitTheSameWayTwice) {
  const auto first = split(Template{});
  const auto second = split(Template{});
  for (std::size_t party = 0; party < kParties; ++party) {
    EXPECT_FALSE(crypto::equal_constant_time(first[party].own.expose(), second[party].own.expose()));
  }
}

TEST(Shares, TheSameSeedsGiveTheSameShares) {
  Random random(42);
  const Template whole = random_template(random, finger::kRows);
  const crypto::Key seed_0 = key_from(random);
  const crypto::Key seed_1 = key_from(random);
  const auto first = split_with(whole, seed_0, seed_1);
  const auto second = split_with(whole, seed_0, seed_1);
  for (std::size_t party = 0; party < kParties; ++party) {
    EXPECT_TRUE(crypto::equal_constant_time(serialise(first[party]).expose(), serialise(second[party]).expose()));
  }
  EXPECT_EQ(rebuild(std::array{&first[0], &second[2]}).value(), whole);
}

TEST(Shares, ExpandedSharesAddUpToTheTemplateRowByRow) {
  Random random(43);
  const Template whole = random_template(random, finger::kRows);
  const auto shares = split(whole);
  std::array<Expanded, kParties> expanded{};
  for (std::size_t party = 0; party < kParties; ++party) expand(shares[party], expanded[party]);
  for (std::size_t row = 0; row < finger::kRows; ++row) {
    for (std::size_t k = 0; k < finger::kWidth; ++k) {
      const std::size_t own = row * kExpandedRowBytes + k;
      const std::size_t next = own + finger::kWidth;
      EXPECT_EQ(static_cast<std::int8_t>(expanded[0][own] + expanded[1][own] + expanded[2][own]),
                whole.cells[row * finger::kWidth + k]);
      for (std::size_t party = 0; party < kParties; ++party) {
        EXPECT_EQ(expanded[party][next], expanded[(party + 1) % kParties][own]);
      }
    }
  }
}

TEST(Shares, RelationSharesAddUpToTheRelations) {
  Random random(46);
  const Template whole = random_template(random, finger::kRows);
  const auto shares = split_from(random, whole);
  using Cells = std::array<std::uint8_t, limits::relation_bytes>;
  std::array<Cells, kParties> own{};
  std::array<Cells, kParties> next{};
  for (std::size_t party = 0; party < kParties; ++party) RelationShare(shares[party]).expand(own[party], next[party]);
  for (std::size_t at = 0; at < limits::relation_bytes; ++at) {
    const auto& relations = whole.relations;
    const std::size_t cell = at % finger::kRelations;
    const std::array kinds{relations.distance[cell], relations.bearing[cell], relations.bearing_back[cell]};
    ASSERT_EQ(static_cast<std::uint8_t>(own[0][at] + own[1][at] + own[2][at]), kinds[at / finger::kRelations]);
    for (std::size_t party = 0; party < kParties; ++party) ASSERT_EQ(next[party][at], own[(party + 1) % kParties][at]);
  }
  // A probe holds its own share of the same.
  const PreparedProbe probe(shares[2]);
  EXPECT_TRUE(std::equal(own[2].begin(), own[2].end(), probe.relations()));
}

TEST(Shares, ProbesAreTransposedAndAddUp) {
  Random random(44);
  const auto shares = split_from(random, random_template(random, finger::kRows));
  Expanded bytes{};
  expand(shares[1], bytes);
  const PreparedProbe probe(shares[1]);
  for (std::size_t row = 0; row < finger::kRows; ++row) {
    std::array<std::uint8_t, finger::kWidth> own{};
    std::array<std::uint8_t, finger::kWidth> next{};
    const auto both = std::span(std::as_const(bytes)).subspan(row * kExpandedRowBytes, kExpandedRowBytes);
    finger::probe_form(both.first<finger::kWidth>(), own);
    finger::probe_form(both.last<finger::kWidth>(), next);
    for (std::size_t k = 0; k < finger::kWidth; ++k) {
      const std::size_t at = 128 * (k / 4) + 4 * row + k % 4;
      ASSERT_EQ(probe.own()[at], own[k]);
      ASSERT_EQ(probe.next()[at], next[k]);
      ASSERT_EQ(probe.sum()[at], static_cast<std::uint8_t>(own[k] + next[k]));
    }
  }
}

TEST(Shares, SerialisedSharesReadBack) {
  Random random(45);
  const Template whole = random_template(random, finger::kRows);
  const auto shares = split(whole);
  std::array<StoredShare, kParties> read;
  for (int party = 0; party < kParties; ++party) {
    const auto bytes = serialise(shares[static_cast<std::size_t>(party)]);
    EXPECT_EQ(bytes.size(), serialised_bytes(party));
    read[static_cast<std::size_t>(party)] = parse_share(bytes.expose(), party).value();
  }
  EXPECT_EQ(serialised_bytes(0), 2u + 32 + 32);
  EXPECT_EQ(serialised_bytes(1), 2u + 32 + limits::share_bytes);
  EXPECT_EQ(serialised_bytes(2), 2u + limits::share_bytes + 32);
  EXPECT_EQ(rebuild(std::array{&read[0], &read[1], &read[2]}).value(), whole);
}

TEST(Shares, NothingButAWholeShareOfThatCustodianIsRead) {
  const auto shares = split(Template{});
  for (int party = 0; party < kParties; ++party) {
    const auto whole = serialise(shares[static_cast<std::size_t>(party)]);
    const ByteView bytes = whole.expose();
    for (std::size_t size = 0; size < bytes.size(); size += size < 80 ? 1 : 61) {
      const auto result = parse_share(bytes.first(size), party);
      ASSERT_FALSE(result) << size;
      EXPECT_EQ(result.error().code, ErrorCode::damaged);
    }
    Bytes longer(bytes.begin(), bytes.end());
    longer.push_back(0);
    EXPECT_EQ(parse_share(longer, party).error().code, ErrorCode::damaged);
    Bytes other_version(bytes.begin(), bytes.end());
    other_version[0] = 1;
    EXPECT_EQ(parse_share(other_version, party).error().code, ErrorCode::version_mismatch);
    for (int other = 0; other < kParties; ++other) {
      if (other == party) continue;
      EXPECT_EQ(parse_share(bytes, other).error().code, ErrorCode::damaged);
      Bytes renamed(bytes.begin(), bytes.end());
      renamed[1] = static_cast<std::uint8_t>(other);
      EXPECT_EQ(parse_share(renamed, party).error().code, ErrorCode::damaged);
    }
  }
}

TEST(Shares, NeighboursSeeThatTheirCopiesAgree) {
  Random random(46);
  const auto shares = split(random_template(random, finger::kRows));
  for (std::size_t party = 0; party < kParties; ++party) {
    const std::size_t next = (party + 1) % kParties;
    EXPECT_EQ(digest_next(shares[party]), digest_own(shares[next]));
    EXPECT_NE(digest_next(shares[party]), digest_own(shares[party]));
    for (const std::size_t at : {std::size_t{0}, shares[party].next.size() - 1}) {
      StoredShare changed = copy(shares[party]);
      changed.next.expose_mutable()[at] ^= 0x80;
      EXPECT_NE(digest_next(changed), digest_own(shares[next]));
      EXPECT_EQ(digest_own(changed), digest_own(shares[party]));
    }
  }
}

TEST(Shares, DigestsTellTheSharesApartWhereTheirBytesAreEqual) {
  StoredShare share{0, crypto::SecretBytes(32), crypto::SecretBytes(32)};
  EXPECT_NE(digest_own(share), digest_next(share));
}

// What every custodian holds looks the same for any two templates: every byte of it is uniform.
TEST(Shares, OneCustodiansSharesAreUniform) {
  constexpr std::uint64_t kSeed = 47;
  Random random(kSeed);
  const Template whole = random_template(random, finger::kRows);
  constexpr int kSplits = 4096;
  for (std::size_t party = 0; party < kParties; ++party) {
    std::vector<std::array<std::uint32_t, 256>> counts(kExpandedBytes);
    for (int i = 0; i < kSplits; ++i) {
      Expanded bytes{};
      expand(split_from(random, whole)[party], bytes);
      for (std::size_t at = 0; at < kExpandedBytes; at += 7) ++counts[at][bytes[at]];
    }
    for (std::size_t at = 0; at < kExpandedBytes; at += 7) {
      ASSERT_LT(chi_square_deviations(counts[at]), kDeviationsMax)
          << "custodian " << party << ", byte " << at << ", seed " << kSeed;
    }
  }
}

// The measure of uniformity above does find a byte that is not uniform.
TEST(Shares, TwoCustodiansSharesAreNotUniform) {
  Random random(48);
  const Template whole = random_template(random, finger::kRows);
  std::array<std::uint32_t, 256> counts{};
  for (int i = 0; i < 4096; ++i) {
    const auto shares = split_from(random, whole);
    ++counts[static_cast<std::uint8_t>(rebuild(std::array{&shares[1], &shares[2]})->cells[0])];
  }
  EXPECT_GT(chi_square_deviations(counts), kDeviationsMax);
}

}  // namespace
}  // namespace qorgan::mpc::test
