// Partners that go away, stop, or were asked something else: an error at every custodian, nothing left hanging, and no
// key used again.
#include <gtest/gtest.h>

#include "mpc/match.h"
#include "mpc/session.h"
#include "tests/mpc/support.h"

namespace qorgan::mpc::test {
namespace {

using finger::Template;

// Two people with three pairs of fingers.
class Faults : public testing::Test {
 protected:
  Faults() : random_(81), full_(random_template(random_, finger::kRows)), other_(random_template(random_, 20)) {
    people_ = {{{{&full_, &full_}, {&full_, &other_}}, 20}, {{{&other_, &full_}}, 3}};
    shared_.emplace(random_, people_);
  }

  std::array<Result<AcceptShares>, kParties> match(Custodians& custodians, const MatchOptions& options = {}) {
    return custodians.run([&](int party) { return custodians.matcher(party).sieve(shared_->of(party), options); });
  }

  Random random_;
  Template full_;
  Template other_;
  std::vector<ClearPerson> people_;
  std::optional<SharedPeople> shared_;
};

class AnyFault : public Faults, public testing::WithParamInterface<Kind> {
 protected:
  std::array<Result<AcceptShares>, kParties> match(Custodians& custodians) {
    return custodians.run([&](int party) { return GetParam().match(custodians.matcher(party), shared_->of(party)); });
  }
};
INSTANTIATE_TEST_SUITE_P(Kinds, AnyFault, testing::ValuesIn(kKinds), name_of);

TEST_P(AnyFault, AnyCustodianGoingAwayAtAnyExchangeIsAnErrorAtAll) {
  std::array<std::size_t, kParties> exchanges{};
  {
    Custodians custodians(random_);
    const auto results = match(custodians);
    for (int party = 0; party < kParties; ++party) {
      ASSERT_TRUE(results[static_cast<std::size_t>(party)].has_value());
      exchanges[static_cast<std::size_t>(party)] = custodians.ring(party).exchanges;
    }
  }
  for (int party = 0; party < kParties; ++party) {
    ASSERT_GT(exchanges[static_cast<std::size_t>(party)], 20u);
    for (std::size_t at = 0; at < exchanges[static_cast<std::size_t>(party)]; ++at) {
      SCOPED_TRACE(testing::Message() << "custodian " << party << " goes at exchange " << at);
      Custodians custodians(random_);
      custodians.ring(party).fails_at = at;
      const auto results = match(custodians);
      ASSERT_FALSE(results[static_cast<std::size_t>(party)].has_value());
      EXPECT_EQ(results[static_cast<std::size_t>(party)].error().code, ErrorCode::timeout);
      for (int other = 0; other < kParties; ++other) {
        const auto& result = results[static_cast<std::size_t>(other)];
        // The last messages of all may have arrived; whoever misses one says so.
        if (other == party || result) continue;
        EXPECT_EQ(result.error().code, ErrorCode::unavailable);
      }
      // The spent lane serves no more, and says nothing to its partners either.
      const std::size_t before = custodians.ring(party).exchanges;
      const auto again = GetParam().match(custodians.matcher(party), shared_->of(party));
      ASSERT_FALSE(again);
      EXPECT_EQ(again.error().code, ErrorCode::unavailable);
      EXPECT_EQ(custodians.ring(party).exchanges, before);
    }
  }
}

TEST_F(Faults, FailingInTheMiddleLeavesNobodyWithAnAnswer) {
  Custodians custodians(random_);
  custodians.ring(1).fails_at = 5;
  for (const auto& result : match(custodians)) EXPECT_FALSE(result.has_value());
}

TEST_F(Faults, StoppingBetweenBatchesEndsTheMatchEverywhere) {
  Custodians custodians(random_);
  const auto results = custodians.run([&](int party) {
    MatchOptions options;
    if (party == 2) {
      options.progress = [](std::size_t) -> Status { return failure(ErrorCode::timeout, "The time is over"); };
    }
    return custodians.matcher(party).sieve(shared_->of(party), options);
  });
  for (int party = 0; party < kParties; ++party) {
    const auto& result = results[static_cast<std::size_t>(party)];
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, party == 2 ? ErrorCode::timeout : ErrorCode::unavailable);
  }
  EXPECT_EQ(custodians.matcher(2).sieve(shared_->of(2)).error().code, ErrorCode::unavailable);
}

TEST_F(Faults, ProgressCountsThePairsUpToTheLast) {
  Custodians custodians(random_);
  std::array<std::size_t, kParties> done{};
  const auto results = custodians.run([&](int party) {
    MatchOptions options;
    options.progress = [&done, party](std::size_t pairs) -> Status {
      done[static_cast<std::size_t>(party)] = pairs;
      return {};
    };
    return custodians.matcher(party).sieve(shared_->of(party), options);
  });
  ASSERT_TRUE(results[0] && results[1] && results[2]);
  EXPECT_EQ(done, (std::array<std::size_t, kParties>{3, 3, 3}));
}

// What differs at one custodian is noticed there and by the custodian before it; the third sees both leave.
void expect_disagreement(const std::array<Result<AcceptShares>, kParties>& results, int differs) {
  for (int party = 0; party < kParties; ++party) {
    const auto& result = results[static_cast<std::size_t>(party)];
    ASSERT_FALSE(result);
    const bool sees = party == differs || party == (differs + 2) % kParties;
    EXPECT_TRUE(result.error().code == ErrorCode::unavailable || (sees && result.error().code == ErrorCode::damaged));
  }
}

TEST_F(Faults, ADifferentPlanAtOneCustodianIsNoticedBeforeAnythingIsCompared) {
  using OneEnd = Result<AcceptShares> (*)(Matcher&, std::span<const Person>, const MatchOptions&, int);
  const std::array<OneEnd, 3> runs{[](Matcher& matcher, std::span<const Person> persons, const MatchOptions& options,
                                      int) { return matcher.sieve(persons, options); },
                                   [](Matcher& matcher, std::span<const Person> persons, const MatchOptions& options,
                                      int) { return matcher.compare(persons, options); },
                                   [](Matcher& matcher, std::span<const Person> persons, const MatchOptions& options,
                                      int lot_bits) { return matcher.search(persons, {lot_bits}, options); }};
  for (std::size_t kind = 0; kind < runs.size(); ++kind) {
    for (int differs = 0; differs < kParties; ++differs) {
      for (int what = 0; what < (kind == 2 ? 6 : 5); ++what) {
        SCOPED_TRACE(testing::Message() << "kind " << kind << ", custodian " << differs << ", difference " << what);
        Custodians custodians(random_);
        const auto results = custodians.run([&](int party) {
          const auto given = shared_->of(party);
          std::vector<Person> persons(given.begin(), given.end());
          MatchOptions options;
          const Bytes context{1, 2, 3};
          int lot_bits = 0;
          if (party == differs) {
            if (what == 0) persons.pop_back();
            if (what == 1) persons[0].rows_matched_min = 19;
            if (what == 2) persons[0].pairs = persons[0].pairs.first(1);
            if (what == 3) options.context = context;
            if (what == 4) persons[1].score_min = 5;
            if (what == 5) lot_bits = 1;
          }
          return runs[kind](custodians.matcher(party), persons, options, lot_bits);
        });
        expect_disagreement(results, differs);
        for (int party = 0; party < kParties; ++party) EXPECT_LE(custodians.ring(party).exchanges, 2u) << party;
      }
    }
  }
}

TEST_F(Faults, CustodiansAtDifferentStepsDoNotMatch) {
  Custodians custodians(random_);
  // A second match that custodian 0 alone did not take part in cannot happen without an error; here its lane is made
  // anew with the same keys, which is what a restart that forgets the step would do.
  Random keys(82);
  MemoryHub hub;
  std::vector<std::unique_ptr<MemoryRing>> rings;
  std::vector<Matcher> matchers;
  const std::array shared_keys{key_from(keys), key_from(keys), key_from(keys)};
  for (int party = 0; party < kParties; ++party) {
    const auto own = static_cast<std::size_t>(party);
    rings.push_back(std::make_unique<MemoryRing>(hub, party));
    LaneKeys lane_keys(party, shared_keys[own], shared_keys[(own + 1) % kParties], 0);
    if (party != 0) lane_keys.begin_step();
    matchers.emplace_back(std::move(lane_keys), *rings.back());
  }
  const auto results = custodians.run([&](int party) {
    auto result = matchers[static_cast<std::size_t>(party)].sieve(shared_->of(party));
    if (!result) hub.close();
    return result;
  });
  expect_disagreement(results, 0);
}

TEST_F(Faults, LanesOfAnotherNumberOrSessionDoNotMatch) {
  for (const bool other_lane : {true, false}) {
    Custodians custodians(random_);
    MemoryHub hub;
    std::vector<std::unique_ptr<MemoryRing>> rings;
    std::vector<Matcher> matchers;
    const std::array keys{key_from(random_), key_from(random_), key_from(random_)};
    for (int party = 0; party < kParties; ++party) {
      const auto own = static_cast<std::size_t>(party);
      rings.push_back(std::make_unique<MemoryRing>(hub, party));
      const crypto::Key with_next = !other_lane && party == 1 ? key_from(random_) : keys[(own + 1) % kParties].clone();
      matchers.emplace_back(LaneKeys(party, keys[own], with_next, other_lane && party == 1 ? 1 : 0), *rings.back());
    }
    const auto results = custodians.run([&](int party) {
      auto result = matchers[static_cast<std::size_t>(party)].sieve(shared_->of(party));
      if (!result) hub.close();
      return result;
    });
    for (const auto& result : results) EXPECT_FALSE(result.has_value());
  }
}

TEST(LaneKeys, StepsRiseAndBothEndsOfAKeyGiveTheSameBytes) {
  Random random(83);
  const std::array keys{key_from(random), key_from(random), key_from(random)};
  std::vector<LaneKeys> ends;
  for (int party = 0; party < kParties; ++party) {
    const auto own = static_cast<std::size_t>(party);
    ends.emplace_back(party, keys[own], keys[(own + 1) % kParties], 4);
  }
  std::array<Bytes, 2> at_steps;
  for (std::uint64_t step = 1; step <= 2; ++step) {
    for (LaneKeys& end : ends) {
      end.begin_step();
      EXPECT_EQ(end.step(), step);
    }
    for (std::size_t party = 0; party < kParties; ++party) {
      Bytes own(64);
      Bytes next(64);
      ends[(party + 1) % kParties].own().fill(own);
      ends[party].next().fill(next);
      EXPECT_EQ(own, next);
      if (party == 0) at_steps[step - 1] = own;
    }
  }
  EXPECT_NE(at_steps[0], at_steps[1]);
}

}  // namespace
}  // namespace qorgan::mpc::test
