#include <gtest/gtest.h>

#include <limits>

#include "base/limits.h"
#include "tests/store/store_support.h"

namespace qorgan::store::test {
namespace {

constexpr std::int64_t kNewest = std::numeric_limits<std::int64_t>::max();

Entry with_number(Entry&& entry, std::int64_t number) {
  entry.number = number;
  return std::move(entry);
}

std::vector<std::int64_t> numbers(const Result<std::vector<Entry>>& entries) {
  EXPECT_OK(entries);
  std::vector<std::int64_t> out;
  for (const Entry& entry : *entries) out.push_back(entry.number);
  return out;
}

using Numbers = std::vector<std::int64_t>;

TEST(Entries, AreKeptAsTheyWereGiven) {
  const StoreFile file;
  {
    auto store = file.open();
    ASSERT_OK(store);
    ASSERT_OK(enrol(*store, make_record(1, 1)));
    EXPECT_EQ(store->add_entry(make_entry(1)).value(), 1);
    EXPECT_EQ(store->add_entry(make_entry(2, 1)).value(), 2);
    Entry bare = make_entry(3, 1);
    bare.opening = crypto::SecretBytes();
    bare.leaf.clear();
    EXPECT_EQ(store->add_entry(bare).value(), 3);
  }
  auto store = file.open();
  ASSERT_OK(store);
  const auto entries = store->pending_entries(10).value();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_TRUE(same(entries[0], with_number(make_entry(1), 1)));
  EXPECT_TRUE(same(entries[1], with_number(make_entry(2, 1), 2)));
  EXPECT_TRUE(entries[2].leaf.empty());
  EXPECT_EQ(entries[2].opening.size(), 0U);
}

TEST(Entries, AreFoundByRecordEventRequestAndTime) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  ASSERT_OK(enrol(*store, make_record(1, 1)));
  ASSERT_OK(enrol(*store, make_record(2, 2)));
  // Numbers 1..12: of records 1, 2 and none in turn; events 1 and 2 in turn.
  for (std::int64_t i = 1; i <= 12; ++i)
    ASSERT_OK(store->add_entry(make_entry(static_cast<std::uint64_t>(i), i % 3, static_cast<int>(i % 2))));
  EXPECT_EQ(numbers(store->entries_of_record(1, kNewest, 100)), (Numbers{10, 7, 4, 1}));
  EXPECT_EQ(numbers(store->entries_of_record(1, 10, 2)), (Numbers{7, 4}));
  EXPECT_EQ(numbers(store->entries_of_record(2, 2, 2)), Numbers{});
  EXPECT_EQ(numbers(store->entries_of_record(9, kNewest, 2)), Numbers{});
  EXPECT_EQ(numbers(store->entries_of_event(1, 0, kNewest, 100)), (Numbers{11, 9, 7, 5, 3, 1}));
  EXPECT_EQ(numbers(store->entries_of_event(1, 10'005, 11, 2)), (Numbers{9, 7}));
  EXPECT_EQ(numbers(store->entries_of_event(1, 10'009, 11, 100)), (Numbers{9}));
  EXPECT_EQ(numbers(store->entries_of_event(5, 0, kNewest, 100)), Numbers{});
  EXPECT_EQ(numbers(store->entries_of_request(make_entry(5).request_id)), (Numbers{5}));
  EXPECT_EQ(numbers(store->entries_of_request(id_of(1))), Numbers{});
  EXPECT_EQ(numbers(store->entries_since(10'009, 3)), (Numbers{9, 10, 11}));
  EXPECT_EQ(numbers(store->entries_since(10'013, 3)), Numbers{});
  Entry again = make_entry(5);
  again.time_ms = 1;
  ASSERT_OK(store->add_entry(again));
  EXPECT_EQ(numbers(store->entries_of_request(again.request_id)), (Numbers{5, 13}));
  EXPECT_EQ(numbers(store->entries_since(0, 2)), (Numbers{13, 1}));
  EXPECT_EQ(numbers(store->pending_entries(2)), (Numbers{1, 2}));
}

TEST(Entries, GetTheirIndexOnce) {
  const StoreFile file;
  {
    auto store = file.open();
    ASSERT_OK(store);
    EXPECT_EQ(store->indexed_entries().value(), 0);
    for (std::uint64_t i = 1; i <= 4; ++i) ASSERT_OK(store->add_entry(make_entry(i)));
    ASSERT_OK(store->set_entry_index(2, 0));
    ASSERT_OK(store->set_entry_index(1, 7));
    ASSERT_OK(store->set_entry_index(1, 7));
    EXPECT_EQ(error_of(store->set_entry_index(1, 8)).code, ErrorCode::internal);
    EXPECT_EQ(error_of(store->set_entry_index(3, 7)).code, ErrorCode::internal);
    EXPECT_EQ(error_of(store->set_entry_index(9, 9)).code, ErrorCode::not_found);
  }
  auto store = file.open();
  ASSERT_OK(store);
  EXPECT_EQ(store->indexed_entries().value(), 8);
  EXPECT_EQ(numbers(store->pending_entries(10)), (Numbers{3, 4}));
  EXPECT_EQ(store->entries_of_request(make_entry(1).request_id).value().at(0).index, 7);
  EXPECT_EQ(store->entries_of_request(make_entry(2).request_id).value().at(0).index, 0);
  EXPECT_EQ(store->entries_of_request(make_entry(3).request_id).value().at(0).index, std::nullopt);
}

TEST(Entries, ThatNeverGotIntoTheLogAreDroppedAndTheirNumbersNotGivenAgain) {
  const StoreFile file;
  {
    auto store = file.open();
    ASSERT_OK(store);
    for (std::uint64_t i = 1; i <= 3; ++i) ASSERT_OK(store->add_entry(make_entry(i)));
    ASSERT_OK(store->set_entry_index(1, 0));
    EXPECT_EQ(error_of(store->drop_entry(1)).code, ErrorCode::internal);
    ASSERT_OK(store->drop_entry(3));
    EXPECT_EQ(error_of(store->drop_entry(3)).code, ErrorCode::not_found);
  }
  auto store = file.open();
  ASSERT_OK(store);
  EXPECT_EQ(numbers(store->pending_entries(10)), (Numbers{2}));
  EXPECT_EQ(store->add_entry(make_entry(4)).value(), 4);
}

TEST(Entries, ThatCannotBeAreRefused) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  Entry entry = make_entry(1);
  entry.leaf.resize(limits::stored_leaf_bytes_max + 1);
  EXPECT_EQ(error_of(store->add_entry(entry)).code, ErrorCode::invalid_input);
  entry.leaf.resize(limits::stored_leaf_bytes_max);
  entry.opening = crypto::SecretBytes(limits::stored_opening_bytes_max + 1);
  EXPECT_EQ(error_of(store->add_entry(entry)).code, ErrorCode::invalid_input);
  entry.opening = crypto::SecretBytes(limits::stored_opening_bytes_max);
  EXPECT_OK(store->add_entry(entry));
  for (const std::int64_t record_seq : {1, -1})
    EXPECT_EQ(error_of(store->add_entry(make_entry(2, record_seq))).code, ErrorCode::not_found);
  EXPECT_EQ(store->pending_entries(10).value().size(), 1U);
}

TEST(Entries, OfAnErasedRecordKeepTheirLeafAlone) {
  const StoreFile file;
  {
    auto store = file.open();
    ASSERT_OK(store);
    ASSERT_OK(enrol(*store, make_record(1, 1)));
    ASSERT_OK(enrol(*store, make_record(2, 2)));
    for (std::uint64_t i = 1; i <= 6; ++i) ASSERT_OK(store->add_entry(make_entry(i, static_cast<std::int64_t>(i % 3))));
    ASSERT_OK(store->set_entry_index(1, 0));
    Along along;
    along.entries.push_back(make_entry(7));
    ASSERT_OK(store->apply_erase(3, id_of(1'000'003), id_of(1), 9'000, along));
  }
  auto store = file.open();
  ASSERT_OK(store);
  EXPECT_TRUE(store->entries_of_record(1, kNewest, 10).value().empty());
  const auto first = store->entries_of_request(make_entry(1).request_id).value();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].leaf, make_entry(1).leaf);
  EXPECT_EQ(first[0].record_seq, 0);
  EXPECT_EQ(first[0].index, 0);
  EXPECT_EQ(first[0].opening.size(), 0U);
  EXPECT_TRUE(
      same(store->entries_of_request(make_entry(2).request_id).value().at(0), with_number(make_entry(2, 2), 2)));
  EXPECT_TRUE(same(store->entries_of_request(make_entry(7).request_id).value().at(0), with_number(make_entry(7), 7)));
}

TEST(Entries, ThatComeAfterTheErasureOfTheirRecordAreKeptAsItWouldHaveLeftThem) {
  const StoreFile file;
  {
    auto store = file.open();
    ASSERT_OK(store);
    ASSERT_OK(enrol(*store, make_record(1, 1)));
    Along along;
    along.entries.push_back(make_entry(1, 1));
    ASSERT_OK(store->apply_erase(2, id_of(1'000'002), id_of(1), 9'000, along));
    ASSERT_OK(store->add_entry(make_entry(2, 1)));
  }
  auto store = file.open();
  ASSERT_OK(store);
  const auto entries = store->pending_entries(10).value();
  ASSERT_EQ(entries.size(), 2U);
  for (const Entry& entry : entries) {
    EXPECT_EQ(entry.record_seq, 0);
    EXPECT_EQ(entry.opening.size(), 0U);
  }
}

TEST(Entries, AreWrittenWithTheirChangeOrNotAtAll) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  Along along;
  along.entries.push_back(make_entry(1, 1));
  along.entries.push_back(make_entry(2));
  along.warrant_use = WarrantUse{id_of(5), id_of(6)};
  along.notices.push_back(make_notice(1, "bank"));
  // The first entry speaks of the record that comes with it.
  ASSERT_OK(store->apply_enrol(1, id_of(1'000'001), make_record(1, 1), 0, along));
  EXPECT_TRUE(same(store->pending_entries(10).value().at(0), with_number(make_entry(1, 1), 1)));
  EXPECT_EQ(store->warrant_uses(id_of(5)).value(), 1);
  EXPECT_EQ(store->notices_of_party("bank", true).value().size(), 1U);
  // Repeated, nothing of it is written again.
  ASSERT_OK(store->apply_enrol(1, id_of(1'000'001), make_record(1, 1), 0, along));
  EXPECT_EQ(store->pending_entries(10).value().size(), 2U);

  Along wrong;
  wrong.entries.push_back(make_entry(3));
  wrong.entries.push_back(make_entry(4, 99));
  EXPECT_EQ(error_of(store->put_request(make_request(1), wrong)).code, ErrorCode::not_found);
  EXPECT_FALSE(store->find_request(id_of(1)).value().has_value());
  EXPECT_EQ(error_of(store->apply_enrol(2, id_of(1'000'002), make_record(2, 2), 0, wrong)).code, ErrorCode::not_found);
  EXPECT_EQ(error_of(store->apply_erase(2, id_of(1'000'002), id_of(1), 0, wrong)).code, ErrorCode::not_found);
  EXPECT_EQ(error_of(store->apply_flags(make_operation(2, OperationKind::lock, id_of(1)), 0, wrong)).code,
            ErrorCode::not_found);
  EXPECT_EQ(store->applied_sequence().value(), 1);
  EXPECT_TRUE(same(load(*store).at(0), make_record(1, 1)));
  EXPECT_EQ(store->pending_entries(10).value().size(), 2U);
  wrong.entries.pop_back();
  ASSERT_OK(store->put_request(make_request(1), wrong));
  EXPECT_EQ(numbers(store->pending_entries(10)), (Numbers{1, 2, 3}));
}

}  // namespace
}  // namespace qorgan::store::test
