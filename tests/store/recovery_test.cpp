#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/store/store_support.h"

namespace qorgan::store::test {
namespace {

// What another custodian has: 12 people, some erased, locked and refreshed. One of the erased was locked before.
void live(Store& store) {
  for (std::int64_t i = 1; i <= 12; ++i) ASSERT_OK(enrol(store, make_record(static_cast<std::uint64_t>(i), i, 2)));
  ASSERT_OK(store.apply_flags(make_operation(13, OperationKind::lock, id_of(2)), 0));
  ASSERT_OK(store.apply_flags(make_operation(14, OperationKind::lock, id_of(3)), 0));
  ASSERT_OK(erase(store, 15, id_of(3)));
  std::vector<Record> records;
  for (std::int64_t i = 4; i <= 8; ++i) records.push_back(make_record(static_cast<std::uint64_t>(i), i, 2));
  ASSERT_OK(refresh(store, 16, records, 1));
  ASSERT_OK(erase(store, 17, id_of(7)));
  ASSERT_OK(store.apply_flags(make_operation(18, OperationKind::withdraw, id_of(8)), 0));
  ASSERT_OK(store.apply_flags(make_operation(19, OperationKind::unlock, id_of(2)), 0));
}

// The next `count` operations after `after`, and what became of their enrolments by now.
History history_of(Store& source, std::int64_t after, std::size_t count) {
  History history;
  history.operations = source.operations_after(after, count).value();
  for (const Operation& operation : history.operations) {
    if (operation.kind != OperationKind::enrol) continue;
    auto record = source.load_record(operation.sequence);
    if (record) {
      history.records.push_back(std::move(*record));
    } else {
      history.tombstones.push_back(*source.find_tombstone(operation.record_id).value());
    }
  }
  return history;
}

void expect_same(Store& a, Store& b) {
  EXPECT_TRUE(same(load(a), load(b)));
  EXPECT_EQ(a.operations_after(0, SIZE_MAX).value(), b.operations_after(0, SIZE_MAX).value());
  EXPECT_EQ(a.applied_sequence().value(), b.applied_sequence().value());
  for (std::uint64_t number = 1; number <= 12; ++number) {
    const auto of_a = a.find_tombstone(id_of(number)).value();
    const auto of_b = b.find_tombstone(id_of(number)).value();
    ASSERT_EQ(of_a.has_value(), of_b.has_value());
    EXPECT_EQ(of_a ? of_a->erased_seq : 0, of_b ? of_b->erased_seq : 0);
  }
}

class Recovery : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = lost_.open();
    ASSERT_OK(opened);
    source_.emplace(std::move(*opened));
    live(*source_);
  }

  StoreFile lost_;
  StoreFile file_;
  std::optional<Store> source_;
};

TEST_F(Recovery, RebuildsAllInBatchesOfAnySize) {
  for (const std::size_t batch : {1U, 3U, 7U, 100U}) {
    SCOPED_TRACE(batch);
    const StoreFile file;
    {
      auto store = file.open();
      ASSERT_OK(store);
      ASSERT_OK(store->begin_recovery());
      while (store->applied_sequence().value() < 19)
        ASSERT_OK(store->add_history(history_of(*source_, store->applied_sequence().value(), batch)));
      ASSERT_OK(store->end_recovery());
      EXPECT_FALSE(store->is_recovering().value());
    }
    auto store = file.open();
    ASSERT_OK(store);
    expect_same(*store, *source_);
    ASSERT_OK(enrol(*store, make_record(20, 20)));
  }
}

TEST_F(Recovery, GoesOnWhereItWasKilled) {
  ASSERT_OK(file_.open().value().begin_recovery());
  std::vector<History> batches;
  for (std::int64_t after = 0; after < 19; after += 4) batches.push_back(history_of(*source_, after, 4));
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto store = file_.open();
      if (!store) ::_exit(3);
      // The one before may have been the last that was told as done, or not.
      if (i > 0 && !store->add_history(batches[i - 1])) ::_exit(4);
      ::_exit(store->add_history(batches[i]) ? 0 : 5);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    auto store = file_.open();
    ASSERT_OK(store);
    EXPECT_TRUE(store->is_recovering().value());
    EXPECT_EQ(store->applied_sequence().value(), std::min<std::int64_t>(19, 4 * static_cast<std::int64_t>(i + 1)));
  }
  auto store = file_.open();
  ASSERT_OK(store);
  ASSERT_OK(store->end_recovery());
  expect_same(*store, *source_);
}

TEST_F(Recovery, BatchesThatOverlapAreAddedOnce) {
  auto store = file_.open();
  ASSERT_OK(store);
  ASSERT_OK(store->begin_recovery());
  for (const auto& [after, count] :
       {std::pair{0, 8U}, std::pair{0, 8U}, std::pair{4, 10U}, std::pair{2, 3U}, std::pair{14, 50U}, std::pair{0, 99U}})
    ASSERT_OK(store->add_history(history_of(*source_, after, count)));
  ASSERT_OK(store->end_recovery());
  expect_same(*store, *source_);
}

TEST_F(Recovery, DestroysARecordThatIsErasedWhileItLasts) {
  auto store = file_.open();
  ASSERT_OK(store);
  ASSERT_OK(store->begin_recovery());
  ASSERT_OK(store->add_history(history_of(*source_, 0, 12)));
  ASSERT_OK(erase(*source_, 20, id_of(2)));
  ASSERT_OK(erase(*source_, 21, id_of(8)));
  EXPECT_TRUE(store->load_record(2).has_value());
  ASSERT_OK(store->add_history(history_of(*source_, 12, 100)));
  EXPECT_EQ(std::filesystem::file_size(file_.log_path()), 0U);
  EXPECT_EQ(error_of(store->load_record(2)).code, ErrorCode::not_found);
  ASSERT_OK(store->end_recovery());
  expect_same(*store, *source_);
}

TEST_F(Recovery, IsOfAnEmptyFileAlone) {
  EXPECT_EQ(error_of(source_->begin_recovery()).code, ErrorCode::already_exists);
  EXPECT_EQ(error_of(source_->add_history(history_of(*source_, 0, 1))).code, ErrorCode::refused);
  EXPECT_EQ(error_of(source_->end_recovery()).code, ErrorCode::refused);
  auto store = file_.open();
  ASSERT_OK(store);
  ASSERT_OK(store->put_note("before", "kept"));
  EXPECT_FALSE(store->is_recovering().value());
  ASSERT_OK(store->begin_recovery());
  ASSERT_OK(store->begin_recovery());
  EXPECT_TRUE(store->is_recovering().value());
}

TEST_F(Recovery, LetsNothingElseChangeRecords) {
  auto store = file_.open();
  ASSERT_OK(store);
  ASSERT_OK(store->begin_recovery());
  ASSERT_OK(store->add_history(history_of(*source_, 0, 2)));
  EXPECT_EQ(error_of(enrol(*store, make_record(50, 3))).code, ErrorCode::unavailable);
  EXPECT_EQ(error_of(erase(*store, 3, id_of(1))).code, ErrorCode::unavailable);
  EXPECT_EQ(error_of(store->apply_flags(make_operation(3, OperationKind::lock, id_of(1)), 0)).code,
            ErrorCode::unavailable);
  EXPECT_EQ(error_of(store->apply_refresh(make_refresh(3, 1, 2), 0)).code, ErrorCode::unavailable);
  EXPECT_EQ(error_of(store->stage_refresh({})).code, ErrorCode::unavailable);
  EXPECT_EQ(error_of(store->apply_enrols({}, 0)).code, ErrorCode::unavailable);
  EXPECT_EQ(store->applied_sequence().value(), 2);
  ASSERT_OK(store->put_request(make_request(1)));
  ASSERT_OK(store->add_entry(make_entry(1, 1)));
}

TEST_F(Recovery, TakesNoHistoryThatLacksOrContradicts) {
  auto store = file_.open();
  ASSERT_OK(store);
  ASSERT_OK(store->begin_recovery());
  const auto refused = [&](History&& history, ErrorCode code) {
    const std::int64_t before = store->applied_sequence().value();
    EXPECT_EQ(error_of(store->add_history(history)).code, code);
    EXPECT_EQ(store->applied_sequence().value(), before);
  };
  refused(history_of(*source_, 1, 2), ErrorCode::internal);
  History history = history_of(*source_, 0, 5);
  history.records.pop_back();
  refused(std::move(history), ErrorCode::invalid_input);
  history = history_of(*source_, 0, 5);
  history.records.back().record_id = id_of(99);
  refused(std::move(history), ErrorCode::invalid_input);
  history = history_of(*source_, 0, 5);
  history.records.back().fingers.clear();
  refused(std::move(history), ErrorCode::invalid_input);
  history = history_of(*source_, 0, 5);
  history.tombstones.back().erased_seq = 2;
  refused(std::move(history), ErrorCode::invalid_input);
  history = history_of(*source_, 0, 5);
  history.operations.back().last_seq = 3;
  refused(std::move(history), ErrorCode::invalid_input);
  EXPECT_TRUE(load(*store).empty());
  ASSERT_OK(store->add_history(history_of(*source_, 0, 12)));
  history = history_of(*source_, 12, 7);
  history.operations[0].record_id = id_of(99);
  refused(std::move(history), ErrorCode::invalid_input);
  history = history_of(*source_, 12, 7);
  std::swap(history.operations[2].record_id, history.operations[4].record_id);
  refused(std::move(history), ErrorCode::invalid_input);
  history = history_of(*source_, 0, 1);
  history.operations[0].request_id = id_of(99);
  refused(std::move(history), ErrorCode::stale);
}

TEST_F(Recovery, DoesNotEndWhereRecordsAndOperationsDisagree) {
  auto store = file_.open();
  ASSERT_OK(store);
  ASSERT_OK(store->begin_recovery());
  // The tombstones speak of erasures that have not come yet.
  ASSERT_OK(store->add_history(history_of(*source_, 0, 13)));
  EXPECT_EQ(error_of(store->end_recovery()).code, ErrorCode::damaged);
  EXPECT_TRUE(store->is_recovering().value());
  ASSERT_OK(store->add_history(history_of(*source_, 13, 100)));
  ASSERT_OK(store->end_recovery());

  const StoreFile other;
  auto with_epoch = other.open();
  ASSERT_OK(with_epoch);
  ASSERT_OK(with_epoch->begin_recovery());
  History history = history_of(*source_, 0, 100);
  history.records.front().epoch = 1;
  ASSERT_OK(with_epoch->add_history(history));
  EXPECT_EQ(error_of(with_epoch->end_recovery()).code, ErrorCode::damaged);
}

}  // namespace
}  // namespace qorgan::store::test
