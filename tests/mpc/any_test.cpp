// The answer of one bit, against the same in the clear, and what a custodian sees of it.
#include <gtest/gtest.h>

#include <algorithm>

#include "mpc/match.h"
#include "mpc/reference.h"
#include "tests/mpc/support.h"

namespace qorgan::mpc::test {
namespace {

constexpr std::size_t kConfirmedBytes = 64;  // of the plan, twice 32

// The three custodians' shares of answers that are known here.
using Answers = std::array<AcceptShares, kParties>;

Answers share(Random& random, const std::vector<bool>& accepted) {
  std::array<Bytes, kParties> shares;
  for (Bytes& one : shares) one.resize((accepted.size() + 7) / 8);
  for (std::size_t p = 0; p < accepted.size(); ++p) {
    const std::size_t first = random() % 2;
    const std::size_t second = random() % 2;
    const std::array bits{first, second, first ^ second ^ (accepted[p] ? 1U : 0U)};
    for (std::size_t i = 0; i < kParties; ++i)
      shares[i][p / 8] = static_cast<std::uint8_t>(shares[i][p / 8] | bits[i] << (p % 8));
  }
  Answers answers;
  for (std::size_t i = 0; i < kParties; ++i) answers[i] = {accepted.size(), shares[i], shares[(i + 1) % kParties]};
  return answers;
}

std::array<Result<AcceptShares>, kParties> run(Custodians& custodians, const Answers& answers) {
  return custodians.run([&](int party) {
    return custodians.matcher(party).any_accepted(answers[static_cast<std::size_t>(party)], as_bytes("context"));
  });
}

bool any_privately(Custodians& custodians, const Answers& answers) {
  auto results = run(custodians, answers);
  if (!results[0] || !results[1] || !results[2]) {
    ADD_FAILURE() << "a custodian failed";
    return false;
  }
  const std::array shares{std::move(*results[0]), std::move(*results[1]), std::move(*results[2])};
  // Seven bits more than there is to know.
  for (const AcceptShares& one : shares) EXPECT_EQ((one.own.at(0) | one.next.at(0)) & 0xFE, 0);
  const auto opened = reconstruct(shares);
  EXPECT_TRUE(opened && opened->size() == 1);
  return opened && opened->at(0);
}

class AnyAccepted : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(People, AnyAccepted, testing::Values(0, 1, 7, 8, 9, 15, 16, 17, 24, 1000));

TEST_P(AnyAccepted, IsTheReferences) {
  const std::uint64_t seed = 81 + GetParam();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Random random(seed);
  Custodians custodians(random);
  const auto check = [&](const std::vector<bool>& accepted) {
    ASSERT_EQ(any_privately(custodians, share(random, accepted)), any_accepted(accepted));
  };
  check(std::vector<bool>(GetParam(), false));
  check(std::vector<bool>(GetParam(), true));
  // Each alone, so that no place is left out.
  for (std::size_t p = 0; p < GetParam(); ++p) {
    std::vector<bool> one(GetParam(), false);
    one[p] = true;
    check(one);
  }
  // All but one, few, and half.
  for (const std::uint64_t of : {1, 2, 300}) {
    std::vector<bool> some(GetParam(), of == 1);
    for (std::size_t p = 0; p < GetParam(); ++p)
      if (of != 1) some[p] = random() % of == 0;
    if (of == 1 && !some.empty()) some[random() % some.size()] = false;
    check(some);
  }
}

// As a search over two lanes does it: the parts' answers follow one another, and one lane makes the bit of all.
TEST(AnyOfLanes, JoinsTheAnswersOfAllLanes) {
  Random random(82);
  const finger::Template probe = random_template(random, finger::kRows);
  const finger::Template other = random_template(random, finger::kRows);
  const ClearPerson mate{{{&probe, &probe}}, 16, 1};
  const ClearPerson stranger{{{&probe, &other}}, rows_matched_never, score_never};
  const std::vector<ClearPerson> nobody(16, stranger);
  std::vector<ClearPerson> somebody = nobody;
  somebody[13] = mate;
  Custodians first(random);
  Custodians second(random);
  for (const auto& [of_first, of_second] :
       {std::pair{&nobody, &nobody}, {&somebody, &nobody}, {&nobody, &somebody}, {&somebody, &somebody}}) {
    const SharedPeople here(random, *of_first);
    const SharedPeople there(random, *of_second);
    const auto found = first.run([&](int party) { return by_search(first.matcher(party), here.of(party)); });
    const auto found_there = second.run([&](int party) { return by_search(second.matcher(party), there.of(party)); });
    Answers answers;
    for (std::size_t i = 0; i < kParties; ++i) {
      ASSERT_TRUE(found[i] && found_there[i]);
      answers[i] = *found[i];
      answers[i].persons += found_there[i]->persons;
      answers[i].own.insert(answers[i].own.end(), found_there[i]->own.begin(), found_there[i]->own.end());
      answers[i].next.insert(answers[i].next.end(), found_there[i]->next.begin(), found_there[i]->next.end());
    }
    EXPECT_EQ(any_privately(first, answers), of_first == &somebody || of_second == &somebody);
  }
}

// Before anything of an answer is sent.
TEST(AnyTranscript, TheThreeAgreeOnTheContextAndThePeople) {
  Random random(83);
  const std::vector<bool> nine(9, true);
  for (const bool other_people : {false, true}) {
    Custodians custodians(random);
    const Answers answers = share(random, nine);
    const Answers fewer = share(random, std::vector<bool>(8, true));
    for (int party = 0; party < kParties; ++party) custodians.ring(party).records = true;
    const auto results = custodians.run([&](int party) {
      const bool differs = party == 1;
      const auto i = static_cast<std::size_t>(party);
      return custodians.matcher(party).any_accepted(differs && other_people ? fewer[i] : answers[i],
                                                    as_bytes(differs && !other_people ? "another" : "context"));
    });
    EXPECT_FALSE(results[0] && results[1] && results[2]);
    for (int party = 0; party < kParties; ++party) {
      EXPECT_LE(custodians.ring(party).received.size(), kConfirmedBytes);
      if (results[static_cast<std::size_t>(party)]) continue;
      const auto again = custodians.matcher(party).any_accepted({}, {});
      EXPECT_TRUE(!again && again.error().code == ErrorCode::unavailable) << "the lane is spent";
    }
  }
}

std::array<std::vector<std::size_t>, kParties> lengths(Random& random, const std::vector<bool>& accepted) {
  Custodians custodians(random);
  for (int party = 0; party < kParties; ++party) custodians.ring(party).records = true;
  any_privately(custodians, share(random, accepted));
  return {custodians.ring(0).lengths, custodians.ring(1).lengths, custodians.ring(2).lengths};
}

TEST(AnyTranscript, LengthsDependOnTheNumberOfPeopleAlone) {
  Random random(84);
  for (const std::size_t people : {1U, 9U, 1000U}) {
    std::vector<bool> one(people, false);
    one[people / 2] = true;
    const auto of_none = lengths(random, std::vector<bool>(people, false));
    EXPECT_EQ(of_none, lengths(random, one));
    EXPECT_EQ(of_none, lengths(random, std::vector<bool>(people, true)));
    EXPECT_NE(of_none, lengths(random, std::vector<bool>(people + 16, false))) << "the test could not fail";
  }
}

// Its own two keys and all shares stay the same, the third key changes: what stays the same would be hidden by nothing
// that the receiver lacks.
TEST(AnyTranscript, EveryByteReceivedChangesWithTheKeyThatTheReceiverLacks) {
  Random random(85);
  for (const bool accepted : {false, true}) {
    const Answers answers = share(random, std::vector<bool>(100, accepted));
    for (int receiver = 0; receiver < kParties; ++receiver) {
      const auto lacked = static_cast<std::size_t>((receiver + 2) % kParties);
      std::array<crypto::Key, kParties> keys{key_from(random), key_from(random), key_from(random)};
      std::vector<Bytes> rounds;
      for (int round = 0; round < 12; ++round) {
        keys[lacked] = key_from(random);
        Custodians custodians(keys);
        custodians.ring(receiver).records = true;
        any_privately(custodians, answers);
        rounds.push_back(std::move(custodians.ring(receiver).received));
      }
      std::size_t same = 0;
      for (std::size_t at = 0; at < rounds[0].size(); ++at)
        same +=
            std::all_of(rounds.begin(), rounds.end(), [&](const Bytes& round) { return round[at] == rounds[0][at]; });
      EXPECT_GT(rounds[0].size(), kConfirmedBytes);
      EXPECT_EQ(same, kConfirmedBytes) << "custodian " << receiver;
    }
  }
}

// Nothing but zeros or ones, and always the same shares of them: unmasked, the bytes would be far from uniform.
TEST(AnyTranscript, EveryByteReceivedIsUniform) {
  constexpr std::uint64_t kSeed = 86;
  constexpr int kRounds = 3000;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Random random(kSeed);
  for (const bool accepted : {false, true}) {
    Custodians custodians(random);
    const Answers answers = share(random, std::vector<bool>(40, accepted));
    std::array<std::vector<std::array<std::uint32_t, 256>>, kParties> counts;
    for (int round = 0; round < kRounds; ++round) {
      for (int party = 0; party < kParties; ++party) {
        custodians.ring(party).records = true;
        custodians.ring(party).received.clear();
      }
      run(custodians, answers);
      for (std::size_t party = 0; party < kParties; ++party) {
        const Bytes& received = custodians.ring(static_cast<int>(party)).received;
        counts[party].resize(received.size());
        for (std::size_t at = 0; at < received.size(); ++at) ++counts[party][at][received[at]];
      }
    }
    for (const auto& of_one : counts) {
      // Five bytes become three, two, one, and the bits of the last one bit.
      ASSERT_EQ(of_one.size(), kConfirmedBytes + 2 + 1 + 1 + 3);
      for (std::size_t at = 0; at < of_one.size(); ++at)
        EXPECT_LT(chi_square_deviations(of_one[at]), kDeviationsMax) << "byte " << at;
    }
  }
}

// The desk is sent all three shares: were they made of those that came in, it would learn of people by them.
TEST(AnyTranscript, TheAnswerIsSharedAfresh) {
  Random random(87);
  for (const std::size_t people : {0U, 1U, 9U}) {
    for (const bool accepted : {false, true}) {
      Custodians custodians(random);
      const Answers answers = share(random, std::vector<bool>(people, accepted));
      std::array<int, kParties> ones{};
      constexpr int kRounds = 400;
      for (int round = 0; round < kRounds; ++round) {
        const auto results = run(custodians, answers);
        for (std::size_t party = 0; party < kParties; ++party) {
          ASSERT_TRUE(results[party]);
          ones[party] += results[party]->own[0] & 1;
        }
      }
      // Ten standard deviations from half.
      for (const int count : ones) EXPECT_NEAR(count, kRounds / 2, 100) << people;
    }
  }
}

}  // namespace
}  // namespace qorgan::mpc::test
