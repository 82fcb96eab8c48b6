// What one custodian sees of a match: equal lengths whatever the prints, uniformly random bytes, no trace of a print.
#include <gtest/gtest.h>

#include <algorithm>

#include "mpc/match.h"
#include "mpc/reference.h"
#include "tests/mpc/support.h"

namespace qorgan::mpc::test {
namespace {

using finger::Template;

struct Seen {
  std::array<Bytes, kParties> received;
  std::array<std::vector<std::size_t>, kParties> lengths;
  std::array<AcceptShares, kParties> answers;
};

// A lane that many matches are seen on.
class Watched {
 public:
  Watched(Random& random, Kind kind) : random_(random), kind_(kind), custodians_(random) {}

  Seen match(std::span<const ClearPerson> people) { return match(SharedPeople(random_, people)); }
  Seen match(const SharedPeople& shared) {
    for (int party = 0; party < kParties; ++party) {
      MemoryRing& ring = custodians_.ring(party);
      ring.records = true;
      ring.received.clear();
      ring.lengths.clear();
    }
    auto results =
        custodians_.run([&](int party) { return kind_.match(custodians_.matcher(party), shared.of(party)); });
    Seen seen;
    for (int party = 0; party < kParties; ++party) {
      const auto i = static_cast<std::size_t>(party);
      EXPECT_TRUE(results[i].has_value());
      seen.received[i] = std::move(custodians_.ring(party).received);
      seen.lengths[i] = std::move(custodians_.ring(party).lengths);
      seen.answers[i] = std::move(*results[i]);
    }
    return seen;
  }

 private:
  Random& random_;
  Kind kind_;
  Custodians custodians_;
};

// On a fresh lane: the roles move on from batch to batch, and the lengths with them.
Seen observe_first(Random& random, Kind kind, std::span<const ClearPerson> people) {
  return Watched(random, kind).match(people);
}

class Transcript : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, Transcript, testing::ValuesIn(kKinds), name_of);

TEST_P(Transcript, LengthsDependOnPublicSizesAlone) {
  Random random(71);
  const Template full = random_template(random, finger::kRows);
  const Template other = random_template(random, finger::kRows);
  const Template few = random_template(random, 6);
  const Template empty;
  // In a search the number of those who go on shows; here everybody does.
  const bool search = GetParam().match == by_search;
  const std::vector<ClearPerson> same{{{{&full, &full}, {&other, &other}}, search ? 0 : 1, 1},
                                      {{{&full, &full}}, search ? 0 : 1, 1}};
  const std::vector<ClearPerson> different{{{{&empty, &full}, {&few, &other}}, search ? 0 : 64, 90},
                                           {{{&few, &empty}}, search ? 0 : 33, 400}};
  EXPECT_EQ(observe_first(random, GetParam(), same).lengths, observe_first(random, GetParam(), different).lengths);
  // The test could fail: another number of pairs does show.
  const std::vector<ClearPerson> more{same[0], same[0]};
  EXPECT_NE(observe_first(random, GetParam(), same).lengths, observe_first(random, GetParam(), more).lengths);
}

// The same pair of prints many times over, so that neighbouring bytes of a message stand for the same values: unmasked,
// or under one mask for all, they would be far from uniform.
TEST_P(Transcript, EveryPartOfWhatIsReceivedIsUniform) {
  constexpr std::uint64_t kSeed = 72;
  constexpr std::size_t kPartBytes = 1024;
  constexpr int kRounds = 4;
  Random random(kSeed);
  const Template full = random_template(random, finger::kRows);
  const Template empty;
  for (const auto& [probe, gallery] : {std::pair{&full, &full}, {&empty, &full}}) {
    const SharedPeople people(random, std::vector<ClearPerson>(512, {{{probe, gallery}}, 16}));
    Watched lane(random, GetParam());
    std::array<std::vector<std::array<std::uint32_t, 256>>, kParties> counts;
    for (int round = 0; round < kRounds; ++round) {
      // In three matches each custodian plays each of the protocol's roles once.
      std::array<std::size_t, kParties> at{};
      for (int role = 0; role < kParties; ++role) {
        const Seen seen = lane.match(people);
        for (std::size_t party = 0; party < kParties; ++party) {
          counts[party].resize(
              std::max(counts[party].size(), (at[party] + seen.received[party].size()) / kPartBytes + 1));
          for (const std::uint8_t byte : seen.received[party]) ++counts[party][at[party]++ / kPartBytes][byte];
        }
      }
    }
    for (std::size_t party = 0; party < kParties; ++party) {
      ASSERT_GT(counts[party].size(), 1400u);
      for (std::size_t part = 0; part + 1 < counts[party].size(); ++part) {
        ASSERT_LT(chi_square_deviations(counts[party][part]), kDeviationsMax)
            << "custodian " << party << ", part " << part << ", seed " << kSeed;
      }
    }
  }
}

// Values that are zero, under masks: where two masks were the same, so would be the bytes. For each custodian by
// itself: what a search opens, one custodian receives in the gate before and another when it is opened.
TEST_P(Transcript, NoEightBytesAreSeenTwice) {
  Random random(76);
  const Template empty;
  const SharedPeople people(random, std::vector<ClearPerson>(200, {{{&empty, &empty}}, 16}));
  Watched lane(random, GetParam());
  std::array<std::vector<std::array<std::uint8_t, 8>>, kParties> windows;
  for (int round = 0; round < 3; ++round) {
    const Seen seen = lane.match(people);
    for (std::size_t party = 0; party < kParties; ++party) {
      const Bytes& received = seen.received[party];
      for (std::size_t at = 0; at + 8 <= received.size(); ++at)
        std::copy_n(received.begin() + static_cast<std::ptrdiff_t>(at), 8, windows[party].emplace_back().begin());
    }
  }
  for (auto& of_one : windows) {
    ASSERT_GT(of_one.size(), 500'000u);
    std::sort(of_one.begin(), of_one.end());
    EXPECT_EQ(std::adjacent_find(of_one.begin(), of_one.end()), of_one.end());
  }
}

// What a custodian receives must be hidden from IT: by the key that it lacks. Its own two keys, all shares and its role
// stay the same here, and the third key changes: a byte hidden by keys of its own alone would stay the same too.
TEST_P(Transcript, EveryByteReceivedChangesWithTheKeyThatTheReceiverLacks) {
  constexpr std::uint64_t kSeed = 77;
  constexpr int kRounds = 12;
  // The confirmations of the plan, under keys that the receiver has: 2 x 32 bytes for each plan.
  constexpr std::size_t kConfirmed = 64;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Random random(kSeed);
  const Template full = random_template(random, finger::kRows);
  const Template other = noisy_copy(random, full, 0.1, 3);
  // All go on in a search, and so all transcripts are equally long.
  const SharedPeople people(random, std::vector<ClearPerson>(9, {{{&full, &other}}, 0, 40}));
  for (int receiver = 0; receiver < kParties; ++receiver) {
    const auto lacked = static_cast<std::size_t>((receiver + 2) % kParties);
    std::array<crypto::Key, kParties> keys{key_from(random), key_from(random), key_from(random)};
    std::vector<Bytes> rounds;
    for (int round = 0; round < kRounds; ++round) {
      keys[lacked] = key_from(random);
      Custodians custodians(keys);
      custodians.ring(receiver).records = true;
      const auto results =
          custodians.run([&](int party) { return GetParam().match(custodians.matcher(party), people.of(party)); });
      ASSERT_TRUE(results[0] && results[1] && results[2]);
      rounds.push_back(std::move(custodians.ring(receiver).received));
    }
    std::size_t same = 0;
    for (std::size_t at = 0; at < rounds[0].size(); ++at)
      same += std::all_of(rounds.begin(), rounds.end(), [&](const Bytes& round) { return round[at] == rounds[0][at]; });
    const std::size_t plans = GetParam().match == by_search ? 2 : 1;
    EXPECT_LE(same, plans * kConfirmed) << "custodian " << receiver;
    EXPECT_GE(same, plans * kConfirmed) << "the test could not fail: the confirmations do stay the same";
  }
}

// Whether any 8 neighbouring bytes of `secret` that are not all equal occur in `seen`.
bool shows(const Bytes& seen, ByteView secret) {
  constexpr std::size_t kWindow = 8;
  for (std::size_t at = 0; at + kWindow <= secret.size(); at += kWindow) {
    const auto window = secret.subspan(at, kWindow);
    if (std::all_of(window.begin(), window.end(), [&](std::uint8_t byte) { return byte == window[0]; })) continue;
    if (std::search(seen.begin(), seen.end(), window.begin(), window.end()) != seen.end()) return true;
  }
  return false;
}

// Everything about a pair of prints that the protocol computes with, in the clear.
std::vector<Bytes> secrets_of(const Template& probe, const Template& gallery) {
  std::vector<Bytes> secrets;
  for (const Template* whole : {&probe, &gallery}) {
    secrets.emplace_back(whole->cells.begin(), whole->cells.end());
    const finger::Relations& relations = whole->relations;
    for (const auto* cells : {&relations.distance, &relations.bearing, &relations.bearing_back})
      secrets.emplace_back(cells->begin(), cells->end());
  }
  const auto margins = similarity_margins(probe, gallery);
  Bytes by_gallery_row;
  Bytes planes(8 * margins.size() / 8);
  for (std::size_t j = 0; j < finger::kRows; ++j) {
    for (std::size_t i = 0; i < finger::kRows; ++i) {
      by_gallery_row.push_back(static_cast<std::uint8_t>(margins[i * finger::kRows + j]));
    }
  }
  for (std::size_t e = 0; e < by_gallery_row.size(); ++e) {
    for (std::size_t k = 0; k < 8; ++k) {
      auto& byte = planes[(k * by_gallery_row.size() + e) / 8];
      byte = static_cast<std::uint8_t>(byte | (((by_gallery_row[e] >> k) & 1) << (e % 8)));
    }
  }
  secrets.push_back(by_gallery_row);
  secrets.push_back(planes);
  return secrets;
}

TEST_P(Transcript, ShowsNeitherPrintsNorMarginsNorTheirBits) {
  Random random(73);
  Watched lane(random, GetParam());
  for (int round = 0; round < 50; ++round) {
    const Template probe = random_template(random, finger::kRows);
    const Template gallery = noisy_copy(random, probe, 0.1, 4);
    const std::vector<ClearPerson> people{{{{&probe, &gallery}}, 16}};
    const Seen seen = lane.match(people);
    for (const Bytes& secret : secrets_of(probe, gallery)) {
      for (std::size_t party = 0; party < kParties; ++party) EXPECT_FALSE(shows(seen.received[party], secret));
      // The search could fail: it finds the secret where it is.
      Bytes leaky = seen.received[0];
      leaky.insert(leaky.begin() + 100, secret.begin(), secret.end());
      EXPECT_TRUE(shows(leaky, secret));
    }
  }
}

TEST_P(Transcript, OneCustodiansAnswerIsUniformAndTwoGiveTheAnswer) {
  constexpr std::uint64_t kSeed = 74;
  Random random(kSeed);
  const Template full = random_template(random, finger::kRows);
  constexpr std::size_t kPeople = 80;
  const SharedPeople people(random, std::vector<ClearPerson>(kPeople, {{{&full, &full}}, limits::sieve_rows}));
  Watched lane(random, GetParam());
  std::array<std::array<std::uint32_t, 256>, kParties> counts{};
  for (int i = 0; i < 200; ++i) {
    const Seen seen = lane.match(people);
    for (std::size_t party = 0; party < kParties; ++party) {
      const std::size_t next = (party + 1) % kParties;
      for (std::size_t byte = 0; byte < kPeople / 8; ++byte) {
        const std::uint8_t own = seen.answers[party].own[byte];
        ++counts[party][own];
        ASSERT_EQ(own ^ seen.answers[party].next[byte] ^ seen.answers[next].next[byte], 0xFF);
      }
    }
  }
  for (const auto& count : counts) EXPECT_LT(chi_square_deviations(count), kDeviationsMax) << "seed " << kSeed;
}

TEST_P(Transcript, TheSameMatchOnTheSameLaneLooksDifferentEachTime) {
  Random random(75);
  const Template full = random_template(random, finger::kRows);
  const SharedPeople people(random, std::vector<ClearPerson>{{{{&full, &full}}, 16}});
  Watched lane(random, GetParam());
  // Each custodian plays the same role in every third match.
  std::array<std::vector<Bytes>, kParties> seen;
  for (int round = 0; round < 12; ++round) {
    const Seen match = lane.match(people);
    if (round % kParties != 0) continue;
    for (std::size_t party = 0; party < kParties; ++party) seen[party].push_back(match.received[party]);
  }
  // Two messages that no keystream byte was used twice for agree in one byte of 256 by chance.
  for (const auto& rounds : seen) {
    for (std::size_t a = 0; a < rounds.size(); ++a) {
      for (std::size_t b = a + 1; b < rounds.size(); ++b) {
        const std::size_t size = std::min(rounds[a].size(), rounds[b].size());
        std::size_t equal = 0;
        for (std::size_t at = 0; at < size; ++at) equal += rounds[a][at] == rounds[b][at];
        EXPECT_LT(equal, size / 64);
      }
    }
  }
}

}  // namespace
}  // namespace qorgan::mpc::test
