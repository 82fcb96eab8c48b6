// What a thief of the files finds, and what an erasure leaves.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

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
    ASSERT_OK(store->add_entry(make_entry(i, static_cast<std::int64_t>(i))));
    ASSERT_OK(store->add_entry(make_entry(100 + i)));
    std::vector<StagedShares> staged;
    staged.push_back(make_staged(make_record(i, static_cast<std::int64_t>(i), 2, 4130), 1));
    ASSERT_OK(store->stage_refresh(staged));
    if (i % 10 != 3) continue;
    const PartIndex index(all_bytes(file));
    for (std::uint64_t k = 1; k <= i; ++k) {
      // The control: what may stand there is found.
      EXPECT_TRUE(index.holds_part_of(pseudonym_of(k)));
      EXPECT_TRUE(index.holds_part_of(as_bytes(make_entry(k).leaf)));
      for (const int position : {1, 2}) EXPECT_FALSE(index.holds_part_of(share_of(k, position, 4130).expose()));
      const Record record = make_record(k, 0);
      EXPECT_FALSE(index.holds_part_of(record.view_key.expose()));
      EXPECT_FALSE(index.holds_part_of(as_bytes(record.terms_json)));
      for (const std::uint64_t entry : {k, 100 + k})
        EXPECT_FALSE(index.holds_part_of(make_entry(entry).opening.expose()));
      for (const Finger& finger : make_staged(make_record(k, static_cast<std::int64_t>(k), 2, 4130), 1).fingers)
        EXPECT_FALSE(index.holds_part_of(finger.share.expose()));
      EXPECT_FALSE(index.holds_part_of(make_request(k).payload.expose()));
      EXPECT_FALSE(index.holds_part_of(make_request(k, RequestState::ran).result.expose()));
      EXPECT_FALSE(index.holds_part_of(as_bytes(make_request(k).request_json)));
    }
    EXPECT_FALSE(index.holds_part_of(StoreFile::key().expose()));
  }
}

// What stands in each file that SQLite cuts to nothing, at that moment. (The database's own it cuts to its pages.)
class CutFiles {
 public:
  CutFiles() {
    contents_.clear();
    set(reinterpret_cast<sqlite3_syscall_ptr>(&look_and_cut));
  }
  ~CutFiles() { set(nullptr); }
  static const std::vector<Bytes>& contents() { return contents_; }

 private:
  static void set(sqlite3_syscall_ptr call) {
    sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
    ASSERT_EQ(vfs->xSetSystemCall(vfs, "ftruncate", call), SQLITE_OK);
  }
  static int look_and_cut(int descriptor, off_t size) {
    struct stat about {};
    ::fstat(descriptor, &about);
    Bytes content(static_cast<std::size_t>(about.st_size));
    EXPECT_EQ(::pread(descriptor, content.data(), content.size(), 0), about.st_size);
    if (size == 0 && !content.empty()) contents_.push_back(std::move(content));
    return ::ftruncate(descriptor, size);
  }
  static std::vector<Bytes> contents_;
};
std::vector<Bytes> CutFiles::contents_;

TEST(Traces, TheLogIsOverwrittenBeforeItIsCut) {
  const StoreFile file;
  {
    auto store = file.open();
    ASSERT_OK(store);
    for (std::int64_t i = 1; i <= 20; ++i) ASSERT_OK(enrol(*store, make_record(static_cast<std::uint64_t>(i), i)));
    const CutFiles cut;
    ASSERT_OK(erase(*store, 21, id_of(3)));
    ASSERT_EQ(CutFiles::contents().size(), 1U);
    EXPECT_GT(CutFiles::contents()[0].size(), 20'000U);
    EXPECT_EQ(CutFiles::contents()[0], Bytes(CutFiles::contents()[0].size()));
    ASSERT_OK(erase(*store, 22, id_of(4)));  // and it can be written again
    EXPECT_EQ(CutFiles::contents().size(), 2U);
  }
  auto store = file.open();
  ASSERT_OK(store);
  EXPECT_EQ(load(*store).size(), 18U);
}

TEST(Traces, NothingOfAnEndedRequestIsInTheLogAfterThePurge) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  RequestRow row = make_request(1);
  row.payload = share_of(1, 1, 9000);
  ASSERT_OK(store->put_request(row));
  ASSERT_OK(store->purge_requests(0));
  const Bytes with_payload = read_file(file.log_path());
  EXPECT_GT(with_payload.size(), 9000U);  // the control: what is not destroyed may stand there
  row.state = RequestState::aborted;
  row.payload = crypto::SecretBytes();
  ASSERT_OK(store->put_request(row));
  ASSERT_OK(store->purge_requests(0));
  EXPECT_EQ(std::filesystem::file_size(file.log_path()), 0U);
  EXPECT_TRUE(store->find_request(row.request_id).value().has_value());
  ASSERT_OK(store->put_note("name", "text"));
  ASSERT_OK(store->purge_requests(0));  // nothing was destroyed since
  EXPECT_GT(std::filesystem::file_size(file.log_path()), 0U);
  ASSERT_OK(store->purge_requests(row.updated_ms + 1));
  EXPECT_FALSE(store->find_request(row.request_id).value().has_value());
  EXPECT_EQ(std::filesystem::file_size(file.log_path()), 0U);
}

// Enrolments, uses and erasures in disorder, so that pages split and merge; then the file is searched for each sealed
// byte that the erased records ever had in it.
TEST(Traces, NothingSealedOfAnErasedRecordIsInFileOrLog) {
  const unsigned seed = 31;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const StoreFile file;
  std::vector<std::uint64_t> live;
  std::map<std::uint64_t, SealedRecord> sealed;
  std::vector<std::uint64_t> erased;
  std::int64_t sequence = 0;
  int openings = 0;
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
      for (int i = 0; i < 60; ++i) {
        const std::uint64_t number = live[random() % live.size()];
        Entry entry = make_entry(random(), static_cast<std::int64_t>(number));
        if (i % 10 == 0) entry.leaf.resize(3000, 'x');
        ASSERT_OK(store->add_entry(entry));
        ASSERT_OK(store->add_entry(make_entry(random())));
      }
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
      EXPECT_FALSE(index.holds_part_of(sealed[number].details)) << "details of record " << number;
      for (const Bytes& opening : sealed[number].openings) {
        ++openings;
        EXPECT_FALSE(index.holds_part_of(opening)) << "opening of record " << number;
      }
      EXPECT_FALSE(index.holds_part_of(pseudonym_of(number))) << "pseudonym of record " << number;
      for (const Bytes& share : sealed[number].shares) {
        EXPECT_FALSE(index.holds_part_of(share)) << "share of record " << number;
      }
    }
  }
  EXPECT_GT(openings, 100);
}

// The same of old shares after refreshes, some of records whose pages others share.
TEST(Traces, NoOldSharesAreInFileOrLogAfterARefresh) {
  const unsigned seed = 32;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const StoreFile file;
  std::vector<Record> records;
  for (std::int64_t i = 1; i <= 60; ++i)
    records.push_back(
        make_record(static_cast<std::uint64_t>(i), i, 1 + static_cast<int>(random() % 3), 200 + random() % 4000));
  ASSERT_OK(file.open().value().apply_enrols(records, 0));
  std::map<std::int64_t, std::int64_t> epochs;
  std::vector<SealedRecord> old;
  for (std::int64_t sequence = 61; sequence <= 70; ++sequence) {
    const std::int64_t first = 1 + static_cast<std::int64_t>(random() % 60);
    const std::int64_t last = std::min<std::int64_t>(60, first + static_cast<std::int64_t>(random() % 20));
    for (std::int64_t i = first; i <= last; ++i) old.push_back(read_sealed(file.path(), i));
    auto store = file.open();
    ASSERT_OK(store);
    std::vector<StagedShares> staged;
    for (std::int64_t i = first; i <= last; ++i)
      staged.push_back(make_staged(records[static_cast<std::size_t>(i - 1)], ++epochs[i]));
    ASSERT_OK(store->stage_refresh(staged));
    ASSERT_OK(store->apply_refresh(make_refresh(sequence, first, last), 0));
    EXPECT_EQ(std::filesystem::file_size(file.log_path()), 0U);
    const PartIndex index(all_bytes(file));
    for (const SealedRecord& record : old) {
      EXPECT_FALSE(index.holds_part_of(record.wrapped_key));
      EXPECT_FALSE(index.holds_part_of(record.details));
      for (const Bytes& share : record.shares) EXPECT_FALSE(index.holds_part_of(share));
    }
  }
  auto store = file.open();
  ASSERT_OK(store);
  for (const auto& [enrolled_seq, epoch] : epochs) EXPECT_EQ(store->load_record(enrolled_seq)->epoch, epoch);
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
