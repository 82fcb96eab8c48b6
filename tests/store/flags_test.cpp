#include <gtest/gtest.h>

#include "tests/store/store_support.h"

namespace qorgan::store::test {
namespace {

std::uint32_t flags_of(Store& store, std::int64_t enrolled_seq) {
  const auto record = store.load_record(enrolled_seq);
  EXPECT_OK(record);
  return record ? record->flags : ~0U;
}

TEST(Flags, AreWhatWasAskedForLast) {
  const StoreFile file;
  const std::pair<OperationKind, std::uint32_t> steps[] = {
      {OperationKind::lock, kLocked},
      {OperationKind::lock, kLocked},
      {OperationKind::unlock, 0},
      {OperationKind::unlock, 0},
      {OperationKind::withdraw, kWithdrawn},
      {OperationKind::lock, kLocked | kWithdrawn},
      {OperationKind::unlock, kWithdrawn},
      {OperationKind::withdraw, kWithdrawn},
  };
  std::int64_t sequence = 2;
  {
    auto store = file.open();
    ASSERT_OK(store);
    ASSERT_OK(enrol(*store, make_record(1, 1)));
    ASSERT_OK(enrol(*store, make_record(2, 2)));
  }
  for (const auto& [kind, flags] : steps) {
    auto store = file.open();
    ASSERT_OK(store);
    ASSERT_OK(store->apply_flags(make_operation(++sequence, kind, id_of(1)), 8'000));
    EXPECT_EQ(flags_of(*store, 1), flags);
    EXPECT_EQ(flags_of(*store, 2), 0U);
    EXPECT_EQ(load(*store)[0].flags, flags);
  }
  auto store = file.open();
  ASSERT_OK(store);
  EXPECT_EQ(flags_of(*store, 1), kWithdrawn);
  ASSERT_OK(erase(*store, ++sequence, id_of(1)));
  EXPECT_EQ(error_of(store->load_record(1)).code, ErrorCode::not_found);
}

TEST(Flags, AreOfALiveRecord) {
  const StoreFile file;
  {
    auto store = file.open();
    ASSERT_OK(store);
    const Operation lock = make_operation(1, OperationKind::lock, id_of(1));
    EXPECT_EQ(error_of(store->apply_flags(lock, 0)).code, ErrorCode::not_found);
    ASSERT_OK(enrol(*store, make_record(1, 1)));
    ASSERT_OK(store->apply_flags(make_operation(2, OperationKind::lock, id_of(1)), 0));
    ASSERT_OK(erase(*store, 3, id_of(1)));
    EXPECT_EQ(error_of(store->apply_flags(make_operation(4, OperationKind::unlock, id_of(1)), 0)).code,
              ErrorCode::not_found);
    EXPECT_EQ(store->applied_sequence().value(), 3);
  }
  EXPECT_OK(file.open());
}

TEST(Flags, AreChangedOnceByARepeatedOperation) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  ASSERT_OK(enrol(*store, make_record(1, 1)));
  const Operation lock = make_operation(2, OperationKind::lock, id_of(1));
  ASSERT_OK(store->put_request(make_request(1'000'002)));
  Along along;
  along.entries.push_back(make_entry(1, 1));
  ASSERT_OK(store->apply_flags(lock, 9'000, along));
  EXPECT_EQ(store->find_request(lock.request_id).value()->state, RequestState::committed);
  EXPECT_EQ(store->find_request(lock.request_id).value()->sequence, 2);
  ASSERT_OK(store->apply_flags(make_operation(3, OperationKind::unlock, id_of(1)), 0));
  ASSERT_OK(store->apply_flags(lock, 9'000, along));
  EXPECT_EQ(flags_of(*store, 1), 0U);
  EXPECT_EQ(store->pending_entries(10).value().size(), 1U);
  Operation other = lock;
  other.kind = OperationKind::withdraw;
  EXPECT_EQ(error_of(store->apply_flags(other, 0)).code, ErrorCode::stale);
  EXPECT_EQ(store->operations_after(1, 1).value().at(0), lock);
  EXPECT_EQ(store->find_operation(lock.request_id).value(), lock);
}

TEST(Flags, AndEpochsComeLater) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  Record record = make_record(1, 1);
  record.flags = kLocked;
  EXPECT_EQ(error_of(enrol(*store, record)).code, ErrorCode::invalid_input);
  record = make_record(1, 1);
  record.epoch = 1;
  EXPECT_EQ(error_of(enrol(*store, record)).code, ErrorCode::invalid_input);
}

}  // namespace
}  // namespace qorgan::store::test
