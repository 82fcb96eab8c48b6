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
      const int score = coarse_score(probe, gallery);
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
      for (const auto& [probe, gallery] : person.pairs) score += coarse_score(*probe, *gallery);
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
  const Template finger = random_template(random, finger::kRows);
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
  for (const std::size_t pairs : std::initializer_list<std::size_t>{1, 2, 7, 8, 9, 31, 255, 256, 257, 513}) {
    std::vector<ClearPerson> people;
    for (std::size_t i = 0; i < pairs; ++i) {
      people.push_back({{{&probe, random() % 2 == 0 ? &probe : &gallery}}, 32});
    }
    EXPECT_EQ(match_privately(random, people), expected_answers(people)) << pairs << " pairs";
  }
}

TEST(Match, MorePeopleThanOneGroup) {
  Random random(9);
  const auto [probe, gallery] = std::pair{random_template(random, 32), random_template(random, 32)};
  // Sharing each pair afresh would need gigabytes; the custodians' lists point at the same two galleries again and
  // again.
  const std::array<ClearPerson, 2> clear{ClearPerson{{{&probe, &probe}}, 32}, ClearPerson{{{&probe, &gallery}}, 32}};
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
      [&](int party) { return custodians.matcher(party).match(persons[static_cast<std::size_t>(party)]); });
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
    const int score = coarse_score(probe, gallery);
    const std::vector<ClearPerson> people{{{{&probe, &gallery}}, score}, {{{&probe, &gallery}}, score + 1}};
    const SharedPeople shared(random, people);
    auto results = custodians.run([&](int party) { return custodians.matcher(party).match(shared.of(party)); });
    ASSERT_TRUE(results[0] && results[1] && results[2]);
    const std::array shares{std::move(*results[0]), std::move(*results[1]), std::move(*results[2])};
    EXPECT_EQ(reconstruct(shares).value(), (std::vector{true, false}));
  }
}

TEST(Match, RefusesWhatIsOutsideItsLimits) {
  Random random(13);
  Custodians custodians(random);
  const std::vector<FingerPair> pairs(limits::fingers_per_person_max + 1);
  for (const Person& person : {Person{pairs, 1}, Person{{}, -1}, Person{{}, rows_matched_never + 1}}) {
    const auto result = custodians.matcher(0).match(std::array{person});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::invalid_input);
  }
}

}  // namespace
}  // namespace qorgan::mpc::test
