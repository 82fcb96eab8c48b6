#include "tests/store/raw_file.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

namespace qorgan::store::test {
namespace {

constexpr std::size_t kPartBytes = 8;

sqlite3* open_raw(const std::filesystem::path& path) {
  sqlite3* handle = nullptr;
  EXPECT_EQ(sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr), SQLITE_OK);
  return handle;
}

std::vector<Bytes> read_blobs(sqlite3* handle, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  EXPECT_EQ(sqlite3_prepare_v2(handle, sql.c_str(), -1, &statement, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
  std::vector<Bytes> blobs;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement, 0));
    blobs.emplace_back(data, data + sqlite3_column_bytes(statement, 0));
  }
  sqlite3_finalize(statement);
  return blobs;
}

}  // namespace

SealedRecord read_sealed(const std::filesystem::path& path, std::int64_t sequence) {
  sqlite3* handle = open_raw(path);
  const std::string where = " WHERE seq = " + std::to_string(sequence);
  const std::vector<Bytes> keys = read_blobs(handle, "SELECT wrapped FROM record_keys" + where);
  const std::vector<Bytes> details = read_blobs(handle, "SELECT details FROM record_keys" + where);
  SealedRecord sealed{keys.empty() ? Bytes() : keys.front(), details.empty() ? Bytes() : details.front(),
                      read_blobs(handle, "SELECT sealed FROM shares" + where),
                      read_blobs(handle, "SELECT opening FROM entries WHERE record_seq = " + std::to_string(sequence))};
  EXPECT_EQ(keys.size(), 1U);
  EXPECT_FALSE(sealed.shares.empty());
  sqlite3_close(handle);
  return sealed;
}

void meddle(const std::filesystem::path& path, const std::string& sql) {
  sqlite3* handle = open_raw(path);
  EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
  EXPECT_GT(sqlite3_total_changes(handle), 0) << sql;
  sqlite3_close(handle);
}

PartIndex::PartIndex(ByteView bytes) {
  parts_.reserve(bytes.size());
  for (std::size_t at = 0; at + kPartBytes <= bytes.size(); ++at) parts_.insert(read_u64(bytes.subspan(at)));
}

bool PartIndex::holds_part_of(ByteView needle) const {
  for (std::size_t at = 0; at + kPartBytes <= needle.size(); ++at)
    if (parts_.contains(read_u64(needle.subspan(at)))) return true;
  return false;
}

}  // namespace qorgan::store::test
