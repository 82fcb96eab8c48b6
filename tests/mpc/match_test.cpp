// The whole private match among three custodians in one process, against the match in the clear.
#include "mpc/match.h"

#include <gtest/gtest.h>

#include <set>

#include "mpc/reference.h"
#include "tests/mpc/support.h"

namespace qorgan::mpc::test {
namespace {

using finger::Template;

// Shows each pair at the very score it has, which must be accepted, and one above, which must not: together these say
// that the private score is the reference's.
void check_scores(std::uint64_t seed, std::size_t pairs, const Kernel& kernel) {
  SCOPED_TRACE(testing::Message() << "seed " << seed << ", kernel " << kernel.name);
  Random random(seed);
  std::set<int> scores;
  constexpr std::size_t kAtOnce = 1000;
  for (std::size_t done = 0; done < pairs; done += kAtOnce) {
    std::vector<std::pair<Template, Template>> templates;
    for (std::size_t i = 0; i < std::min(kAtOnce, pairs - done); ++i) templates.push_back(random_pair(random));
    std::vector<ClearPerson> people;
    std::vector<bool> expected;
    for (const auto& [probe, gallery] : templates) {
      const int score = sieve_score(probe, gallery);
      scores.insert(score);
      people.push_back({{{&probe, &gallery}}, score});
      people.push_back({{{&probe, &gallery}}, score + 1});
      expected.insert(expected.end(), {true, false});
    }
    ASSERT_EQ(match_privately(random, people, kernel), expected);
  }
  EXPECT_GE(scores.size(), pairs >= 1000 ? 30u : 15u) << "the random pairs are too much alike to test with";
}

TEST(Match, GivesTheReferencesScoreForTenThousandRandomPairs) {
  check_scores(20261123, 10'000, best_kernel());
}

TEST(Match, EveryKernelGivesTheReferencesScore) {
  for (const Kernel* kernel : supported_kernels())
    check_scores(7, kernel == supported_kernels()[0] ? 500 : 3000, *kernel);
}

// The same for the score that the decision uses, fine and coarse.
TEST(Match, TheFineScoreIsTheReferencesForRandomPairs) {
  constexpr std::uint64_t kSeed = 31;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Random random(kSeed);
  std::set<int> scores;
  std::set<int> fine_scores;
  for (const Kernel* kernel : supported_kernels()) {
    SCOPED_TRACE(kernel->name);
    const int pairs = kernel == &best_kernel() ? 2000 : 100;
    std::vector<std::pair<Template, Template>> templates;
    for (int i = 0; i < pairs; ++i) templates.push_back(random_pair(random));
    std::vector<ClearPerson> people;
    std::vector<bool> expected;
    for (const auto& [probe, gallery] : templates) {
      const int value = score(probe, gallery);
      scores.insert(value);
      fine_scores.insert(fine_score(probe, gallery));
      people.push_back({{{&probe, &gallery}}, 0, value});
      people.push_back({{{&probe, &gallery}}, 0, value + 1});
      expected.insert(expected.end(), {true, false});
    }
    ASSERT_EQ(match_privately(random, people, *kernel, by_score), expected);
  }
  EXPECT_GE(fine_scores.size(), 50u) << "the random pairs are too much alike to test with";
  EXPECT_GE(scores.size(), 100u) << "the random pairs are too much alike to test with";
}

finger::Template template_of(std::initializer_list<std::pair<int, double>> rows) {
  // Rows whose first so many signs are ones, in such a direction.
  Template made;
  int row = 0;
  for (const auto& [ones, direction_rad] : rows) {
    std::array<std::int8_t, finger::kSignCount> signs{};
    std::fill_n(signs.begin(), ones, std::int8_t{1});
    fill_row(made.row(row++), signs, direction_rad);
  }
  for (std::size_t at = 0; at < finger::kRelations; ++at)
    made.relations.distance[at] = static_cast<std::uint8_t>(finger::kDistanceUsedMin + at % 150);
  return made;
}

// Where two gallery rows are equally similar the first is taken; where two rows of the probe take the same gallery row
// they do not agree; where similarities lie so far apart that their difference wraps, the private match does as the
// reference.
TEST(Match, TheFineScoreAtItsEdges) {
  constexpr double kHalfTurn = 3.14159265;
  const std::array<Template, 7> templates{
      template_of({{0, 0}, {124, 0}, {62, 0}}),
      template_of({{0, 0}, {0, 0}, {124, kHalfTurn}}),
      template_of({{124, 0}, {0, kHalfTurn}, {124, 0}, {0, kHalfTurn}, {1, 0}, {123, 0}}),
      template_of({{0, kHalfTurn}, {124, kHalfTurn}, {0, 0}, {124, 0}}),
      template_of({}),
      template_of({{30, 0}, {30, 0}, {90, 0}}),
      template_of({{30, 1}, {31, 1}, {32, 1}, {33, 1}, {34, 1}, {35, 1}}),
  };
  Random random(34);
  std::vector<ClearPerson> people;
  std::vector<bool> expected;
  for (const Template& probe : templates) {
    for (const Template& gallery : templates) {
      const int value = score(probe, gallery);
      people.push_back({{{&probe, &gallery}}, 0, value});
      people.push_back({{{&probe, &gallery}}, 0, value + 1});
      expected.insert(expected.end(), {true, false});
    }
  }
  EXPECT_EQ(match_privately(random, people, best_kernel(), by_score), expected);
  const Template twins = template_of({{30, 0}, {30, 0}, {90, 0}});
  const auto matched = matched_rows(twins, twins);
  EXPECT_EQ(matched[0], 0u);
  EXPECT_EQ(matched[1], 0u) << "the first of two equals";
  EXPECT_EQ(matched[2], 2u);
  EXPECT_EQ(matched[3], std::nullopt);
  EXPECT_EQ(fine_score(twins, twins), 2) << "rows 0 and 1 have the same match and do not agree";
}

TEST(Match, ScoresOfManyFingersAddUp) {
  constexpr std::uint64_t kSeed = 35;
  Random random(kSeed);
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::vector<std::pair<Template, Template>> templates;
  for (int i = 0; i < 40; ++i) templates.push_back(random_pair(random));
  const Template same = random_template(random, finger::kRows);
  templates.emplace_back(same, same);
  std::vector<ClearPerson> people;
  std::vector<bool> expected;
  for (std::size_t fingers = 0; fingers <= limits::fingers_per_person_max; ++fingers) {
    ClearPerson person;
    int sum = 0;
    for (std::size_t i = 0; i < fingers; ++i) {
      const auto& [probe, gallery] = fingers == 10 ? templates.back() : templates[random() % templates.size()];
      person.pairs.emplace_back(&probe, &gallery);
      sum += score(probe, gallery);
    }
    for (const int minimum : {0, sum, sum + 1, score_never}) {
      person.score_min = minimum;
      people.push_back(person);
      expected.push_back(minimum <= sum);
    }
  }
  EXPECT_EQ(match_privately(random, people, best_kernel(), by_score), expected);
}

TEST(Match, ASearchAcceptsWhoTheSieveAndTheScoreBothAcceptHoweverManyAreDrawn) {
  constexpr std::uint64_t kSeed = 32;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Random random(kSeed);
  std::vector<std::pair<Template, Template>> templates;
  for (int i = 0; i < 300; ++i) templates.push_back(random_pair(random));
  std::vector<ClearPerson> people;
  std::vector<bool> both;
  for (const auto& [probe, gallery] : templates) {
    const int rows = sieve_score(probe, gallery);
    const int value = score(probe, gallery);
    for (const bool enough_rows : {false, true}) {
      for (const bool enough : {false, true}) {
        people.push_back({{{&probe, &gallery}}, enough_rows ? rows : rows + 1, enough ? value : value + 1});
        both.push_back(enough_rows && enough);
      }
    }
  }
  // A person without fingers to compare, and a number of people that fills no whole byte.
  people.push_back({{}, 1, 1});
  both.push_back(false);
  // So seldom that nobody is drawn; in between; always.
  for (const int lot_bits : {40, 3, 1, 0}) {
    const auto search = [lot_bits](Matcher& matcher, std::span<const Person> persons) {
      return matcher.search(persons, {lot_bits});
    };
    EXPECT_EQ(match_privately(random, people, best_kernel(), search), both) << lot_bits;
  }
}

// The desk sees the shares of all: were those of who did not go on zeros, it would see who did.
TEST(Match, TheAnswerOfASearchIsSharedAfreshForEveryone) {
  Random random(36);
  const Template probe = random_template(random, finger::kRows);
  const Template gallery = random_template(random, finger::kRows);
  constexpr std::size_t kPeople = 24;
  // Nobody passes the sieve, nobody is drawn.
  const SharedPeople people(random, std::vector<ClearPerson>(kPeople, {{{&probe, &gallery}}, rows_matched_never, 1}));
  Custodians custodians(random);
  std::array<Bytes, kParties> ever_one;
  std::array<Bytes, kParties> ever_zero;
  for (auto* bytes : {&ever_one, &ever_zero})
    for (Bytes& of_one : *bytes) of_one.assign(kPeople / 8, 0);
  for (int round = 0; round < 40; ++round) {
    const auto results =
        custodians.run([&](int party) { return custodians.matcher(party).search(people.of(party), {50}); });
    for (std::size_t party = 0; party < kParties; ++party) {
      ASSERT_TRUE(results[party]);
      for (std::size_t i = 0; i < kPeople / 8; ++i) {
        ever_one[party][i] |= results[party]->own[i];
        ever_zero[party][i] |= static_cast<std::uint8_t>(~results[party]->own[i]);
      }
    }
  }
  // By chance a bit is the same 40 times once in 10^12.
  for (std::size_t party = 0; party < kParties; ++party) {
    EXPECT_EQ(ever_one[party], Bytes(kPeople / 8, 0xFF));
    EXPECT_EQ(ever_zero[party], Bytes(kPeople / 8, 0xFF));
  }
}

TEST(Match, NobodyAtAll) {
  Random random(37);
  for (const Kind& kind : kKinds)
    EXPECT_EQ(match_privately(random, {}, best_kernel(), kind.match), std::vector<bool>{}) << kind.name;
}

TEST(Match, ASearchIsRefusedWhereTooManyGoOnAndTheLaneServesOn) {
  Random random(33);
  const Template full = random_template(random, finger::kRows);
  const SharedPeople people(random, std::vector<ClearPerson>(20, {{{&full, &full}}, 1, 1}));
  Custodians custodians(random);
  const auto done = custodians.run([&](int party) {
    Matcher& matcher = custodians.matcher(party);
    const auto refused = matcher.search(people.of(party), {30, 19});
    EXPECT_TRUE(!refused && refused.error().code == ErrorCode::low_quality);
    return matcher.search(people.of(party), {30, 20});
  });
  for (const auto& result : done) EXPECT_TRUE(result.has_value());
}

TEST(Match, EveryThresholdFromAlwaysToNever) {
  Random random(3);
  std::vector<std::pair<Template, Template>> templates;
  for (int i = 0; i < 20; ++i) templates.push_back(random_pair(random));
  std::vector<ClearPerson> people;
  for (const auto& [probe, gallery] : templates) {
    for (int minimum = 0; minimum <= finger::kRows + 1; ++minimum) {
      people.push_back({{{&probe, &gallery}}, minimum});
    }
  }
  people.push_back({{{&templates[0].first, &templates[0].first}}, rows_matched_never});
  const auto answers = match_privately(random, people);
  EXPECT_EQ(answers, expected_answers(people));
  EXPECT_TRUE(answers[0]);
  EXPECT_FALSE(answers[finger::kRows + 1]);
  EXPECT_FALSE(answers.back());
}

TEST(Match, SeveralFingersCountTogether) {
  Random random(5);
  std::vector<Template> templates;
  for (int i = 0; i < 40; ++i) templates.push_back(random_template(random, finger::kRows));
  for (int i = 0; i < 40; ++i) {
    templates.push_back(noisy_copy(random, templates[static_cast<std::size_t>(i)], 0.2, i % finger::kRows));
  }
  std::vector<ClearPerson> people;
  for (std::size_t fingers = 0; fingers <= limits::fingers_per_person_max; ++fingers) {
    for (int repeat = 0; repeat < 5; ++repeat) {
      ClearPerson person;
      for (std::size_t f = 0; f < fingers; ++f) {
        const std::size_t i = random() % 40;
        person.pairs.emplace_back(&templates[i], &templates[40 + (random() % 2 == 0 ? i : random() % 40)]);
      }
      int score = 0;
      for (const auto& [probe, gallery] : person.pairs) score += sieve_score(*probe, *gallery);
      for (const int minimum : {0, score, score + 1, 32 * static_cast<int>(fingers), rows_matched_never}) {
        person.rows_matched_min = minimum;
        people.push_back(person);
      }
    }
  }
  std::shuffle(people.begin(), people.end(), random);
  EXPECT_EQ(match_privately(random, people), expected_answers(people));
}

TEST(Match, AllTenFingersEqualGiveTheHighestScore) {
  Random random(6);
  // All rows alike, so that each is similar to those that the sieve looks at.
  Template finger = random_template(random, finger::kRows);
  for (int row = 1; row < finger::kRows; ++row)
    std::copy(finger.row(0).begin(), finger.row(0).end(), finger.row(row).begin());
  ClearPerson person;
  for (int f = 0; f < limits::fingers_per_person_max; ++f) person.pairs.emplace_back(&finger, &finger);
  person.rows_matched_min = rows_matched_never - 1;
  std::vector<ClearPerson> people{person, person};
  people[1].rows_matched_min = rows_matched_never;
  EXPECT_EQ(match_privately(random, people), (std::vector{true, false}));
}

TEST(Match, AnyNumberOfPairs) {
  Random random(8);
  const auto [probe, gallery] = std::pair{random_template(random, 32), random_template(random, 32)};
  for (const std::size_t pairs : std::initializer_list<std::size_t>{1, 2, 7, 8, 9, 31, 511, 512, 513, 1025}) {
    std::vector<ClearPerson> people;
    for (std::size_t i = 0; i < pairs; ++i) {
      people.push_back({{{&probe, random() % 2 == 0 ? &probe : &gallery}}, limits::sieve_rows});
    }
    EXPECT_EQ(match_privately(random, people), expected_answers(people)) << pairs << " pairs";
  }
}

TEST(Match, MorePeopleThanOneGroup) {
  Random random(9);
  const auto [probe, gallery] = std::pair{random_template(random, 32), random_template(random, 32)};
  // Sharing each pair afresh would need gigabytes; the custodians' lists point at the same two galleries again and
  // again.
  const std::array<ClearPerson, 2> clear{ClearPerson{{{&probe, &probe}}, limits::sieve_rows},
                                         ClearPerson{{{&probe, &gallery}}, limits::sieve_rows}};
  const SharedPeople shared(random, clear);
  std::array<std::vector<Person>, kParties> persons;
  std::vector<bool> expected;
  const auto answers = expected_answers(clear);
  for (std::size_t i = 0; i < limits::match_group_pairs_max + 300; ++i) {
    const std::size_t which = random() % 2;
    for (int party = 0; party < kParties; ++party) {
      persons[static_cast<std::size_t>(party)].push_back(shared.of(party)[which]);
    }
    expected.push_back(answers[which]);
  }
  Custodians custodians(random);
  auto results = custodians.run(
      [&](int party) { return custodians.matcher(party).sieve(persons[static_cast<std::size_t>(party)]); });
  ASSERT_TRUE(results[0] && results[1] && results[2]);
  const std::array shares{std::move(*results[0]), std::move(*results[1]), std::move(*results[2])};
  EXPECT_EQ(reconstruct(shares).value(), expected);
}

TEST(Match, NobodyToCompareWith) {
  Random random(10);
  EXPECT_TRUE(match_privately(random, {}).empty());
}

TEST(Match, EmptyTemplatesMatchNothing) {
  Random random(11);
  const Template empty;
  const Template full = random_template(random, finger::kRows);
  const std::vector<ClearPerson> people{{{{&empty, &empty}}, 1}, {{{&empty, &full}}, 1}, {{{&full, &empty}}, 1}};
  EXPECT_EQ(match_privately(random, people), (std::vector{false, false, false}));
}

TEST(Match, OneLaneServesManyMatches) {
  Random random(12);
  Custodians custodians(random);
  for (int round = 0; round < 20; ++round) {
    const auto [probe, gallery] = random_pair(random);
    const int score = sieve_score(probe, gallery);
    const std::vector<ClearPerson> people{{{{&probe, &gallery}}, score}, {{{&probe, &gallery}}, score + 1}};
    const SharedPeople shared(random, people);
    auto results = custodians.run([&](int party) { return custodians.matcher(party).sieve(shared.of(party)); });
    ASSERT_TRUE(results[0] && results[1] && results[2]);
    const std::array shares{std::move(*results[0]), std::move(*results[1]), std::move(*results[2])};
    EXPECT_EQ(reconstruct(shares).value(), (std::vector{true, false}));
  }
}

TEST(Match, RefusesWhatIsOutsideItsLimits) {
  Random random(13);
  Custodians custodians(random);
  const std::vector<FingerPair> pairs(limits::fingers_per_person_max + 1);
  for (const Person& person : {Person{pairs, 1}, Person{{}, -1}, Person{{}, rows_matched_never + 1}, Person{{}, 0, -1},
                               Person{{}, 0, score_never + 1}}) {
    const auto result = custodians.matcher(0).sieve(std::array{person});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::invalid_input);
  }
}

}  // namespace
}  // namespace qorgan::mpc::test
