#include "custodian/gallery.h"

#include <gtest/gtest.h>

#include <chrono>

#include "crypto/random.h"

namespace qorgan::custodian {
namespace {

class GalleryTest : public testing::Test {
 protected:
  void SetUp() override { crypto::initialise(); }

  static PersonShares person(std::int64_t sequence, std::vector<int> positions = {2}) {
    PersonShares made;
    made.record_id[0] = made.subject[0] = static_cast<std::uint8_t>(sequence);
    made.enrolled_seq = sequence;
    const auto shares = mpc::split(finger::Template{});
    std::vector<FingerShares> fingers;
    for (const int position : positions) fingers.emplace_back(position, shares[1]);
    made.fingers = std::make_shared<const std::vector<FingerShares>>(std::move(fingers));
    return made;
  }
  static protocol::RecordId record(std::int64_t sequence) { return person(sequence).record_id; }
  static protocol::SubjectId subject(std::int64_t sequence) { return person(sequence).subject; }

  Gallery gallery_;
};

TEST_F(GalleryTest, KeepsPeopleInTheOrderOfTheirEnrolment) {
  for (const std::int64_t sequence : {3, 5, 9}) gallery_.add(person(sequence, {1, 2}));
  const auto everyone = gallery_.everyone();
  ASSERT_EQ(everyone.size(), 3U);
  EXPECT_EQ(everyone[0]->enrolled_seq, 3);
  EXPECT_EQ(everyone[2]->enrolled_seq, 9);
  EXPECT_EQ(gallery_.size().people, 3U);
  EXPECT_EQ(gallery_.size().fingers, 6U);
  EXPECT_EQ(gallery_.find(subject(5))->record_id, record(5));
}

TEST_F(GalleryTest, ForgetsWhoIsRemoved) {
  gallery_.add(person(1));
  gallery_.add(person(2, {1, 2, 3}));
  EXPECT_TRUE(gallery_.remove(record(2)));
  EXPECT_FALSE(gallery_.remove(record(2)));
  EXPECT_EQ(gallery_.find(subject(2)), nullptr);
  EXPECT_EQ(gallery_.size().people, 1U);
  EXPECT_EQ(gallery_.size().fingers, 1U);
  // And takes the same person again.
  PersonShares again = person(3);
  again.subject = subject(2);
  gallery_.add(std::move(again));
  EXPECT_EQ(gallery_.find(subject(2))->enrolled_seq, 3);
}

// A comparison that has begun keeps whom it began with; the shares go with the last one that holds them.
TEST_F(GalleryTest, ErasedSharesLiveAsLongAsTheLastComparison) {
  gallery_.add(person(1));
  auto comparison = gallery_.everyone();
  const std::weak_ptr<const PersonShares> kept = comparison[0];
  gallery_.remove(record(1));
  EXPECT_EQ(gallery_.size().people, 0U);
  EXPECT_EQ(comparison[0]->fingers->size(), 1U);
  EXPECT_FALSE(kept.expired());
  comparison.clear();
  EXPECT_TRUE(kept.expired());
}

TEST_F(GalleryTest, ASnapshotDoesNotChange) {
  gallery_.add(person(1));
  const auto before = gallery_.everyone();
  gallery_.add(person(2));
  gallery_.remove(record(1));
  ASSERT_EQ(before.size(), 1U);
  EXPECT_EQ(before[0]->enrolled_seq, 1);
  ASSERT_EQ(gallery_.everyone().size(), 1U);
  EXPECT_EQ(gallery_.everyone()[0]->enrolled_seq, 2);
}

TEST_F(GalleryTest, KnowsWhoseTimeIsOver) {
  const auto kept_until = [](std::int64_t sequence, std::int64_t until_ms) {
    PersonShares made = person(sequence);
    made.terms.keep_until_ms = until_ms;
    return made;
  };
  gallery_.add(kept_until(1, 300));
  gallery_.add(kept_until(2, 0));
  gallery_.add(kept_until(3, 100));
  gallery_.add(kept_until(4, 300));
  const auto records = [](std::vector<std::int64_t> sequences) {
    std::vector<protocol::RecordId> all;
    for (const std::int64_t sequence : sequences) all.push_back(record(sequence));
    return all;
  };
  EXPECT_EQ(gallery_.overdue(99), records({}));
  EXPECT_EQ(gallery_.overdue(100), records({3}));
  EXPECT_EQ(gallery_.overdue(INT64_MAX), records({3, 1, 4}));
  gallery_.replace(kept_until(1, 50));
  EXPECT_EQ(gallery_.overdue(INT64_MAX), records({1, 3, 4}));
  gallery_.replace(kept_until(1, 0));
  gallery_.replace(kept_until(2, 200));
  EXPECT_EQ(gallery_.overdue(INT64_MAX), records({3, 2, 4}));
  gallery_.remove(record(3));
  EXPECT_EQ(gallery_.overdue(INT64_MAX), records({2, 4}));
}

// Asked every two seconds, of however many people: it must not walk over all of them.
TEST_F(GalleryTest, NobodyIsLookedAtWhereNothingIsOver) {
  constexpr int kPeople = 100'000;
  PersonShares first = person(1);
  for (int i = 1; i <= kPeople; ++i) {
    PersonShares made;
    made.enrolled_seq = i;
    for (std::size_t byte = 0; byte < 4; ++byte)
      made.record_id[byte] = made.subject[byte] = static_cast<std::uint8_t>(i >> (8 * byte));
    made.fingers = first.fingers;
    made.terms.keep_until_ms = 1'000'000 + i;
    gallery_.add(std::move(made));
  }
  const auto us_of = [](int times, const auto& call) {
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < times; ++i) call();
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count() / times;
  };
  const double walk_us = us_of(5, [&] { EXPECT_EQ(gallery_.everyone().size(), std::size_t{kPeople}); });
  const double look_us = us_of(1'000, [&] { EXPECT_TRUE(gallery_.overdue(1'000'000).empty()); });
  RecordProperty("walk_us", std::to_string(walk_us));
  RecordProperty("look_us", std::to_string(look_us));
  EXPECT_LT(look_us * 20, walk_us);
}

using GalleryDeathTest = GalleryTest;

TEST_F(GalleryDeathTest, SequenceNumbersRiseAndPeopleAreThereOnce) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  gallery_.add(person(5));
  EXPECT_DEATH(gallery_.add(person(5)), "enrolled_seq");
  EXPECT_DEATH(gallery_.add(person(4)), "enrolled_seq");
  PersonShares twice = person(6);
  twice.subject = subject(5);
  EXPECT_DEATH(gallery_.add(std::move(twice)), "by_subject_");
}

}  // namespace
}  // namespace qorgan::custodian
