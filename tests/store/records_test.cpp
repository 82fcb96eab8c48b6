#include <gtest/gtest.h>

#include "base/limits.h"
#include "tests/store/store_support.h"

namespace qorgan::store::test {
namespace {

TEST(Records, AreLoadedInTheOrderOfEnrolmentAsTheyWereGiven) {
  const StoreFile file;
  {
    auto store = file.open();
    ASSERT_OK(store);
    for (std::uint64_t i = 1; i <= 20; ++i)
      ASSERT_OK(enrol(*store, make_record(100 - i, static_cast<std::int64_t>(i), 1 + static_cast<int>(i % 10))));
  }
  auto store = file.open();
  ASSERT_OK(store);
  const std::vector<Record> records = load(*store);
  ASSERT_EQ(records.size(), 20U);
  for (std::uint64_t i = 1; i <= 20; ++i) {
    EXPECT_TRUE(same(records[i - 1], make_record(100 - i, static_cast<std::int64_t>(i), 1 + static_cast<int>(i % 10))));
  }
  EXPECT_EQ(store->applied_sequence().value(), 20);
}

TEST(Records, TakeTheLargestShareAndEveryPosition) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  ASSERT_OK(enrol(*store, make_record(1, 1, 10, limits::stored_share_bytes_max)));
  const std::vector<Record> records = load(*store);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_TRUE(same(records[0], make_record(1, 1, 10, limits::stored_share_bytes_max)));
}

TEST(Records, TheVisitorsErrorEndsTheWalk) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  for (std::int64_t i = 1; i <= 5; ++i) ASSERT_OK(enrol(*store, make_record(static_cast<std::uint64_t>(i), i)));
  int visited = 0;
  const Status walked = store->load_all([&](Record&&) -> Status {
    if (++visited == 3) return failure(ErrorCode::timeout, "enough");
    return {};
  });
  EXPECT_EQ(error_of(walked).code, ErrorCode::timeout);
  EXPECT_EQ(visited, 3);
  ASSERT_OK(enrol(*store, make_record(6, 6)));
}

TEST(Records, AreFoundByPseudonymWhileTheyLive) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  ASSERT_OK(enrol(*store, make_record(1, 1)));
  EXPECT_EQ(store->find_record(pseudonym_of(1)).value(), id_of(1));
  EXPECT_EQ(store->find_record(pseudonym_of(2)).value(), std::nullopt);
  EXPECT_FALSE(store->find_tombstone(id_of(1)).value().has_value());
  ASSERT_OK(erase(*store, 2, id_of(1)));
  EXPECT_EQ(store->find_record(pseudonym_of(1)).value(), std::nullopt);
  const auto tombstone = store->find_tombstone(id_of(1)).value();
  ASSERT_TRUE(tombstone.has_value());
  EXPECT_EQ(tombstone->record_id, id_of(1));
  EXPECT_EQ(tombstone->enrolled_seq, 1);
  EXPECT_EQ(tombstone->erased_seq, 2);
  EXPECT_TRUE(load(*store).empty());
}

TEST(Records, APersonMayComeBackAfterErasureUnderAnotherRecord) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  ASSERT_OK(enrol(*store, make_record(1, 1)));
  ASSERT_OK(erase(*store, 2, id_of(1)));
  Record again = make_record(1, 3);
  EXPECT_EQ(error_of(enrol(*store, again)).code, ErrorCode::already_exists);
  again.record_id = id_of(2);
  ASSERT_OK(enrol(*store, again));
  EXPECT_EQ(store->find_record(pseudonym_of(1)).value(), id_of(2));
}

TEST(Records, OfOnePersonOrOneIdCannotBeTwo) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  ASSERT_OK(enrol(*store, make_record(1, 1)));
  Record same_person = make_record(2, 2);
  same_person.pseudonym = pseudonym_of(1);
  EXPECT_EQ(error_of(enrol(*store, same_person)).code, ErrorCode::already_exists);
  Record same_id = make_record(2, 2);
  same_id.record_id = id_of(1);
  EXPECT_EQ(error_of(enrol(*store, same_id)).code, ErrorCode::already_exists);
  EXPECT_EQ(store->applied_sequence().value(), 1);
  ASSERT_OK(enrol(*store, make_record(2, 2)));
}

TEST(Records, ThatCannotBeAreRefused) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  std::vector<Record> wrong;
  wrong.push_back(make_record(1, 1, 0));
  wrong.push_back(make_record(1, 1, 1, 0));
  wrong.push_back(make_record(1, 1, 1, limits::stored_share_bytes_max + 1));
  for (const auto& [first, second] :
       {std::pair{0, 1}, std::pair{-1, 1}, std::pair{2, 2}, std::pair{3, 2}, std::pair{1, 11}}) {
    wrong.push_back(make_record(1, 1, 2));
    wrong.back().fingers[0].position = first;
    wrong.back().fingers[1].position = second;
  }
  for (const Record& record : wrong) EXPECT_EQ(error_of(enrol(*store, record)).code, ErrorCode::invalid_input);
  EXPECT_EQ(store->applied_sequence().value(), 0);
}

TEST(Operations, FollowOneAnother) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  EXPECT_EQ(error_of(enrol(*store, make_record(1, 2))).code, ErrorCode::internal);
  EXPECT_EQ(error_of(enrol(*store, make_record(1, 0))).code, ErrorCode::internal);
  EXPECT_EQ(error_of(enrol(*store, make_record(1, -1))).code, ErrorCode::internal);
  EXPECT_EQ(error_of(erase(*store, 5, id_of(1))).code, ErrorCode::internal);
  EXPECT_EQ(store->applied_sequence().value(), 0);
  ASSERT_OK(enrol(*store, make_record(1, 1)));
  EXPECT_EQ(error_of(enrol(*store, make_record(3, 3))).code, ErrorCode::internal);
}

TEST(Operations, RepeatedChangeNothing) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  ASSERT_OK(enrol(*store, make_record(1, 1)));
  ASSERT_OK(enrol(*store, make_record(2, 2)));
  ASSERT_OK(erase(*store, 3, id_of(1)));
  for (int round = 0; round < 2; ++round) {
    ASSERT_OK(enrol(*store, make_record(1, 1)));
    ASSERT_OK(enrol(*store, make_record(2, 2)));
    ASSERT_OK(erase(*store, 3, id_of(1)));
  }
  EXPECT_EQ(store->applied_sequence().value(), 3);
  EXPECT_EQ(load(*store).size(), 1U);
  EXPECT_EQ(store->operations_after(0, 100).value().size(), 3U);
}

TEST(Operations, RepeatedWithOtherContentAreStale) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  ASSERT_OK(enrol(*store, make_record(1, 1)));
  EXPECT_EQ(error_of(enrol(*store, make_record(2, 1))).code, ErrorCode::stale);
  EXPECT_EQ(error_of(erase(*store, 1, id_of(1))).code, ErrorCode::stale);
  EXPECT_EQ(error_of(store->apply_enrol(1, id_of(7), make_record(1, 1), 0)).code, ErrorCode::stale);
  EXPECT_EQ(load(*store).size(), 1U);
}

TEST(Operations, EraseNobodyTwice) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  EXPECT_EQ(error_of(erase(*store, 1, id_of(1))).code, ErrorCode::not_found);
  ASSERT_OK(enrol(*store, make_record(1, 1)));
  ASSERT_OK(erase(*store, 2, id_of(1)));
  EXPECT_EQ(error_of(erase(*store, 3, id_of(1))).code, ErrorCode::not_found);
  EXPECT_EQ(store->applied_sequence().value(), 2);
}

TEST(Operations, AreReadInOrderFromAnyPoint) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  for (std::int64_t i = 1; i <= 10; ++i) ASSERT_OK(enrol(*store, make_record(static_cast<std::uint64_t>(i), i)));
  ASSERT_OK(erase(*store, 11, id_of(4)));
  const auto some = store->operations_after(8, 2).value();
  ASSERT_EQ(some.size(), 2U);
  EXPECT_EQ(some[0], (Operation{9, OperationKind::enrol, id_of(1'000'009), id_of(9)}));
  const auto last = store->operations_after(10, 100).value();
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(last[0], (Operation{11, OperationKind::erase, id_of(1'000'011), id_of(4)}));
  EXPECT_TRUE(store->operations_after(11, 100).value().empty());
  EXPECT_TRUE(store->operations_after(0, 0).value().empty());
  EXPECT_EQ(store->operations_after(-5, SIZE_MAX).value().size(), 11U);
}

TEST(Bulk, EnrolsAllOrNothing) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  ASSERT_OK(enrol(*store, make_record(1, 1)));
  std::vector<Record> records;
  for (std::uint64_t i = 2; i <= 50; ++i) records.push_back(make_record(i, 0));
  records.push_back(make_record(1, 0));
  EXPECT_EQ(error_of(store->apply_enrols(records, 0)).code, ErrorCode::already_exists);
  EXPECT_EQ(store->applied_sequence().value(), 1);
  records.pop_back();
  ASSERT_OK(store->apply_enrols(records, 0));
  EXPECT_EQ(store->applied_sequence().value(), 50);
  const std::vector<Record> loaded = load(*store);
  ASSERT_EQ(loaded.size(), 50U);
  for (std::size_t i = 0; i < loaded.size(); ++i) EXPECT_EQ(loaded[i].enrolled_seq, static_cast<std::int64_t>(i + 1));
}

}  // namespace
}  // namespace qorgan::store::test
