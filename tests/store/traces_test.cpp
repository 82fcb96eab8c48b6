// What a thief of the files finds, and what an erasure leaves.
#include <gtest/gtest.h>

#include "tests/store/raw_file.h"
#include "tests/store/store_support.h"

namespace qorgan::store::test {
namespace {

Bytes all_bytes(const StoreFile& file) {
  Bytes bytes = read_file(file.path());
  const Bytes log = read_file(file.log_path());
  bytes.insert(bytes.end(), log.begin(), log.end());
  return bytes;
}

TEST(Traces, NoSharesOrPrivatePartsStandInTheFileOrItsLog) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  for (std::uint64_t i = 1; i <= 30; ++i) {
    ASSERT_OK(store->put_request(make_request(i)));
    ASSERT_OK(enrol(*store, make_record(i, static_cast<std::int64_t>(i), 2, 4130)));
    ASSERT_OK(store->put_request(make_request(i, RequestState::ran)));
    if (i % 10 != 3) continue;
    const PartIndex index(all_bytes(file));
    for (std::uint64_t k = 1; k <= i; ++k) {
      // The control: what may stand there is found.
      EXPECT_TRUE(index.holds_part_of(pseudonym_of(k)));
      for (const int position : {1, 2}) EXPECT_FALSE(index.holds_part_of(share_of(k, position, 4130).expose()));
      EXPECT_FALSE(index.holds_part_of(make_request(k).payload.expose()));
      EXPECT_FALSE(index.holds_part_of(make_request(k, RequestState::ran).result.expose()));
      EXPECT_FALSE(index.holds_part_of(as_bytes(make_request(k).request_json)));
    }
    EXPECT_FALSE(index.holds_part_of(StoreFile::key().expose()));
  }
}

// Enrolments and erasures in disorder, so that pages split and merge; then the file is searched for each sealed byte
// that the erased records ever had in it.
TEST(Traces, AnErasedRecordsKeyAndSharesAreInNeitherFileNorLog) {
  const unsigned seed = 31;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const StoreFile file;
  std::vector<std::uint64_t> live;
  std::map<std::uint64_t, SealedRecord> sealed;
  std::vector<std::uint64_t> erased;
  std::int64_t sequence = 0;
  for (int round = 0; round < 6; ++round) {
    {
      auto store = file.open();
      ASSERT_OK(store);
      std::vector<Record> records;
      for (int i = 0; i < 25; ++i) {
        live.push_back(static_cast<std::uint64_t>(++sequence));
        records.push_back(make_record(live.back(), sequence, 1 + static_cast<int>(random() % 3), 4130));
      }
      ASSERT_OK(store->apply_enrols(records, 0));
    }
    for (const std::uint64_t number : live)
      sealed[number] = read_sealed(file.path(), static_cast<std::int64_t>(number));
    auto store = file.open();
    ASSERT_OK(store);
    for (int i = 0; i < 15; ++i) {
      const std::size_t at = random() % live.size();
      erased.push_back(live[at]);
      live.erase(live.begin() + static_cast<std::ptrdiff_t>(at));
      ASSERT_OK(erase(*store, ++sequence, id_of(erased.back())));
    }
    EXPECT_EQ(std::filesystem::file_size(file.log_path()), 0U);
    const PartIndex index(all_bytes(file));
    for (const std::uint64_t number : live) EXPECT_TRUE(index.holds_part_of(sealed[number].wrapped_key));
    for (const std::uint64_t number : erased) {
      EXPECT_FALSE(index.holds_part_of(sealed[number].wrapped_key)) << "key of record " << number;
      EXPECT_FALSE(index.holds_part_of(pseudonym_of(number))) << "pseudonym of record " << number;
      for (const Bytes& share : sealed[number].shares) {
        EXPECT_FALSE(index.holds_part_of(share)) << "share of record " << number;
      }
    }
  }
}

// As a power cut leaves them: the file, and the log with the last transactions.
TEST(Traces, ALogThatWasLeftIsReadThenEmptiedAtTheNextStart) {
  const StoreFile file;
  Bytes file_then;
  Bytes log_then;
  {
    auto store = file.open();
    ASSERT_OK(store);
    ASSERT_OK(store->put_request(make_request(1)));
    file_then = read_file(file.path());
    log_then = read_file(file.log_path());
  }
  EXPECT_FALSE(log_then.empty());
  write_file(file.path(), file_then);
  write_file(file.log_path(), log_then);
  auto store = file.open();
  ASSERT_OK(store);
  EXPECT_TRUE(store->find_request(id_of(1)).value().has_value());
  EXPECT_EQ(std::filesystem::file_size(file.log_path()), 0U);
}

}  // namespace
}  // namespace qorgan::store::test
