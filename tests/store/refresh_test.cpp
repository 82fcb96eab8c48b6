#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/store/raw_file.h"
#include "tests/store/store_support.h"

namespace qorgan::store::test {
namespace {

constexpr std::size_t kShareBytes = 4130;

Record person(std::int64_t enrolled_seq) {
  return make_record(static_cast<std::uint64_t>(enrolled_seq), enrolled_seq, 2, kShareBytes);
}

std::vector<Record> people(std::int64_t first_seq, std::int64_t last_seq) {
  std::vector<Record> records;
  for (std::int64_t i = first_seq; i <= last_seq; ++i) records.push_back(person(i));
  return records;
}

TEST(Refresh, GivesTheRangeItsNewSharesAndLeavesTheRestAlone) {
  const StoreFile file;
  {
    auto store = file.open();
    ASSERT_OK(store);
    ASSERT_OK(store->apply_enrols(people(1, 10), 0));
    ASSERT_OK(store->add_entry(make_entry(1, 4)));
    ASSERT_OK(store->apply_flags(make_operation(11, OperationKind::lock, id_of(4)), 0));
    ASSERT_OK(refresh(*store, 12, people(3, 7), 1));
    ASSERT_OK(refresh(*store, 13, people(5, 5), 2));
    ASSERT_OK(enrol(*store, person(14)));
  }
  auto store = file.open();
  ASSERT_OK(store);
  const std::vector<Record> records = load(*store);
  ASSERT_EQ(records.size(), 11U);
  for (const Record& record : records) {
    const std::int64_t seq = record.enrolled_seq;
    Record expected = person(seq);
    if (seq >= 3 && seq <= 7) expected = refreshed(std::move(expected), seq == 5 ? 2 : 1);
    if (seq == 4) expected.flags = kLocked;
    EXPECT_TRUE(same(record, expected)) << seq;
    EXPECT_TRUE(same(store->load_record(seq).value(), expected)) << seq;
  }
  // The openings of its entries are still its own.
  EXPECT_EQ(store->pending_entries(10).value().at(0).opening.size(), make_entry(1).opening.size());
}

TEST(Refresh, NeedsStagedSharesOfEveryLiveRecord) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  ASSERT_OK(store->apply_enrols(people(1, 5), 0));
  std::vector<StagedShares> staged;
  for (const std::int64_t i : {1, 2, 4, 5}) staged.push_back(make_staged(person(i), 1));
  ASSERT_OK(store->stage_refresh(staged));
  EXPECT_EQ(error_of(store->apply_refresh(make_refresh(6, 1, 5), 0)).code, ErrorCode::not_found);
  for (const Record& record : load(*store)) EXPECT_TRUE(same(record, person(record.enrolled_seq)));
  EXPECT_EQ(store->applied_sequence().value(), 5);
  // The one without is erased: then nobody lacks any.
  ASSERT_OK(erase(*store, 6, id_of(3)));
  ASSERT_OK(store->apply_refresh(make_refresh(7, 1, 5), 0));
  EXPECT_EQ(store->load_record(5).value().epoch, 1);
  // What was staged is used up.
  EXPECT_EQ(error_of(store->apply_refresh(make_refresh(8, 1, 5), 0)).code, ErrorCode::not_found);
}

TEST(Refresh, TakesTheSharesThatWereStagedLast) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  ASSERT_OK(store->apply_enrols(people(1, 2), 0));
  StagedShares first = make_staged(person(1), 1);
  first.fingers[0].share.expose_mutable()[0] ^= 1;
  std::vector<StagedShares> staged;
  staged.push_back(std::move(first));
  ASSERT_OK(store->stage_refresh(staged));
  ASSERT_OK(refresh(*store, 3, people(1, 1), 1));
  EXPECT_TRUE(same(load(*store).at(0), refreshed(person(1), 1)));
}

TEST(Refresh, StagesWhatCanBeTheRecordsNextSharesAllOrNothing) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  ASSERT_OK(store->apply_enrols(people(1, 3), 0));
  ASSERT_OK(erase(*store, 4, id_of(2)));
  const auto stage_with = [&](StagedShares&& last) {
    std::vector<StagedShares> staged;
    staged.push_back(make_staged(person(1), 1));
    staged.push_back(std::move(last));
    return store->stage_refresh(staged);
  };
  EXPECT_EQ(error_of(stage_with(make_staged(person(3), 2))).code, ErrorCode::stale);
  EXPECT_EQ(error_of(stage_with(make_staged(person(3), 0))).code, ErrorCode::stale);
  EXPECT_EQ(error_of(stage_with(make_staged(person(9), 1))).code, ErrorCode::not_found);
  StagedShares other = make_staged(person(3), 1);
  other.fingers[1].position = 7;
  EXPECT_EQ(error_of(stage_with(std::move(other))).code, ErrorCode::invalid_input);
  StagedShares empty = make_staged(person(3), 1);
  empty.fingers[1].share = crypto::SecretBytes();
  EXPECT_EQ(error_of(stage_with(std::move(empty))).code, ErrorCode::invalid_input);
  EXPECT_EQ(error_of(store->apply_refresh(make_refresh(5, 1, 1), 0)).code, ErrorCode::not_found)
      << "shares were staged by a call that failed";
  // An erased record's shares are passed over.
  EXPECT_OK(stage_with(make_staged(person(2), 1)));
  EXPECT_OK(store->apply_refresh(make_refresh(5, 1, 2), 0));
}

TEST(Refresh, NeedsARangeOfEarlierOperations) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  ASSERT_OK(store->apply_enrols(people(1, 3), 0));
  for (const auto& [first, last] : {std::pair{0, 2}, std::pair{2, 1}, std::pair{1, 4}, std::pair{-1, 1}})
    EXPECT_EQ(error_of(store->apply_refresh(make_refresh(4, first, last), 0)).code, ErrorCode::invalid_input);
}

TEST(Refresh, RepeatedChangesNothing) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  ASSERT_OK(store->apply_enrols(people(1, 3), 0));
  ASSERT_OK(refresh(*store, 4, people(1, 3), 1));
  ASSERT_OK(store->apply_refresh(make_refresh(4, 1, 3), 0));
  EXPECT_EQ(error_of(store->apply_refresh(make_refresh(4, 1, 2), 0)).code, ErrorCode::stale);
  EXPECT_EQ(store->find_operation(id_of(1'000'004)).value(), make_refresh(4, 1, 3));
  EXPECT_EQ(load(*store).at(0).epoch, 1);
}

TEST(Refresh, KeepsTheOldSharesWhereTheNewOnesAreDamaged) {
  const StoreFile file;
  {
    auto store = file.open();
    ASSERT_OK(store);
    ASSERT_OK(store->apply_enrols(people(1, 2), 0));
    std::vector<StagedShares> staged;
    for (const std::int64_t i : {1, 2}) staged.push_back(make_staged(person(i), 1));
    ASSERT_OK(store->stage_refresh(staged));
  }
  meddle(file.path(), "UPDATE shares SET sealed = zeroblob(4170) WHERE seq = 2 AND epoch = 1 AND position = 1");
  auto store = file.open();
  ASSERT_OK(store);
  EXPECT_EQ(error_of(store->apply_refresh(make_refresh(3, 1, 2), 0)).code, ErrorCode::damaged);
  // Staged anew, it goes on.
  ASSERT_OK(refresh(*store, 3, people(1, 2), 1));
  EXPECT_TRUE(same(load(*store).at(1), refreshed(person(2), 1)));
}

// Between batches, and between staging and use.
TEST(Refresh, GoesOnAfterItsProcessWasKilled) {
  const StoreFile file;
  ASSERT_OK(file.open().value().apply_enrols(people(1, 6), 0));
  for (std::int64_t batch = 0; batch < 3; ++batch) {
    const std::vector<Record> records = people(1 + 2 * batch, 2 + 2 * batch);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto store = file.open();
      if (!store || !refresh(*store, 7 + batch, records, 1)) ::_exit(3);
      std::vector<StagedShares> ahead;
      if (batch < 2) ahead.push_back(make_staged(person(3 + 2 * batch), 1));
      ::_exit(store->stage_refresh(ahead) ? 0 : 4);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    auto store = file.open();
    ASSERT_OK(store);
    EXPECT_EQ(store->applied_sequence().value(), 7 + batch);
    for (const Record& record : load(*store)) {
      const bool done = record.enrolled_seq <= 2 + 2 * batch;
      EXPECT_TRUE(same(record, done ? refreshed(person(record.enrolled_seq), 1) : person(record.enrolled_seq)));
    }
  }
}

}  // namespace
}  // namespace qorgan::store::test
