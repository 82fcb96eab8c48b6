// What the store's tests share: a file in a folder of its own, artificial records, a look into the file's bytes.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "store/store.h"
#include "tests/support/expect.h"
#include "tests/support/temp_folder.h"

namespace qorgan::store::test {

// Puts the tests' files into memory where the system has a folder there: thousands of transactions, each of which waits
// for the disk, would take minutes. TMPDIR overrides.
struct QuickFolder {
  QuickFolder();
};

// A file that is opened and closed many times, with its key.
class StoreFile {
 public:
  StoreFile();
  Options options() const { return options_; }
  const std::filesystem::path& path() const { return options_.path; }
  std::filesystem::path log_path() const { return options_.path.string() + "-wal"; }
  static crypto::Key key();
  Result<Store> open() const { return Store::open(options_, key()); }

 private:
  QuickFolder quick_;
  qorgan::test::TempFolder folder_;
  Options options_;
};

Id id_of(std::uint64_t number);
Pseudonym pseudonym_of(std::uint64_t number);
// Person `number`: `fingers` fingers at positions 1, 2, ..., each share `share_bytes` bytes that depend on the number;
// keys and terms that do.
Record make_record(std::uint64_t number, std::int64_t sequence, int fingers = 1, std::size_t share_bytes = 200);
crypto::SecretBytes share_of(std::uint64_t number, int position, std::size_t share_bytes = 200);
// The record's shares of another epoch.
StagedShares make_staged(const Record& record, std::int64_t epoch);
// The record as it is after that epoch's refresh.
Record refreshed(Record&& record, std::int64_t epoch);
// Speaks of the record enrolled with that number (0: of none); leaf and opening depend on `number`.
Entry make_entry(std::uint64_t number, std::int64_t record_seq = 0, int event = 1);
Notice make_notice(std::uint64_t number, const std::string& party);
Operation make_operation(std::int64_t sequence, OperationKind kind, const Id& record_id);
Operation make_refresh(std::int64_t sequence, std::int64_t first_seq, std::int64_t last_seq);
RequestRow make_request(std::uint64_t number, RequestState state = RequestState::prepared);

// Equal in every field.
bool same(const Record& a, const Record& b);
bool same(const RequestRow& a, const RequestRow& b);
bool same(const Entry& a, const Entry& b);
bool same(const Notice& a, const Notice& b);
template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const T& x, const T& y) { return same(x, y); });
}

// Enrols and erases; the request id is that of the sequence number.
Status enrol(Store& store, const Record& record);
Status erase(Store& store, std::int64_t sequence, const Id& record_id);
// Gives the records their shares of `epoch`, in one operation.
Status refresh(Store& store, std::int64_t sequence, const std::vector<Record>& records, std::int64_t epoch);
std::vector<Record> load(Store& store);

Bytes read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const Bytes& bytes);

// Of a result that must be an error.
template <class T>
Error error_of(const Result<T>& result) {
  EXPECT_FALSE(result.has_value());
  return result ? Error{ErrorCode::internal, "no error", {}, {}} : result.error();
}

}  // namespace qorgan::store::test
