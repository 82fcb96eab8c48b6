// SQLite's C interface with values for errors (docs/adr/0002-sqlite-access.md says why it is used directly).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace qorgan::store {

class Database;

// One use of a prepared statement: bind from left to right, step, read. Bound bytes must live until the last step. The
// statement is reset when the use ends. Reading a column as another type than it holds is `damaged`: SQLite itself
// would convert in silence.
class Query {
 public:
  ~Query();
  Query(Query&& other) noexcept;
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  Query& operator=(Query&&) = delete;

  Query& bind(std::int64_t value);
  // NULL where there is none.
  Query& bind(const std::optional<std::int64_t>& value);
  Query& bind(ByteView bytes);
  // Of a LIMIT.
  Query& bind_count(std::size_t count_max);

  // True where there is a row, false at the end.
  Result<bool> step();
  // Steps a statement that gives no rows.
  Status run();
  // Steps to the one row that must be there; damaged where it is not.
  Status step_to_row();

  bool is_null(int column) const;
  Result<std::int64_t> integer(int column) const;
  // Lives until the next step.
  Result<ByteView> blob(int column) const;
  Result<std::string> text(int column) const;
  template <std::size_t N>
  Result<std::array<std::uint8_t, N>> bytes(int column) const {
    QORGAN_TRY(const ByteView view, blob(column));
    std::array<std::uint8_t, N> out{};
    QORGAN_CHECK(check_size(view, N));
    std::copy(view.begin(), view.end(), out.begin());
    return out;
  }

 private:
  friend class Database;
  Query(Database& database, sqlite3_stmt* statement) : database_(&database), statement_(statement) {}
  Status check_type(int column, int type) const;
  Status check_size(ByteView view, std::size_t size) const;

  Database* database_;
  sqlite3_stmt* statement_;
  int bound_ = 0;
  int bind_code_ = 0;  // the first binding that failed, told by step()
};

// One connection that holds the file alone.
class Database {
 public:
  struct Settings {
    std::int64_t pages_max = 0;  // 0: SQLite's own limit
  };
  // Of a file that is there, which is neither read nor changed yet. Errors: unavailable.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& path);
  // Sets how the file is written, and takes it for this process alone. Errors: busy (another process has it), damaged
  // (its first pages cannot be read), unavailable, storage_full.
  Status take(const Settings& settings);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Statements are prepared once; `sql` is a literal or otherwise lives as long as the database.
  Result<Query> query(std::string_view sql);
  // Statements without results or parameters.
  Status execute(const std::string& sql);

  // Makes the other database, an empty one, a copy of this one as it is now. The error names the file that it is of.
  Status copy_to(Database& other);

  // Writes the journal into the file, overwrites it with zeros and cuts it to nothing, so that no earlier content is
  // left in it.
  Status truncate_journal();

  const std::filesystem::path& path() const { return path_; }
  // What went wrong last, told by SQLite's code and the system's: storage_full, damaged, busy, unavailable, internal.
  Error error(int code) const;
  tl::unexpected<Error> damaged(std::string what) const;
  // Rolls back whatever is open; never fails.
  void roll_back();

 private:
  Database(std::filesystem::path path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}
  Status checkpoint(std::string_view sql);
  Status overwrite_journal();

  std::filesystem::path path_;
  sqlite3* handle_;
  std::map<std::string_view, sqlite3_stmt*> statements_;
};

// Runs `work` in one transaction: committed where it succeeds, rolled back where it or the commit fails.
template <class Work>
Status in_transaction(Database& database, Work&& work) {
  QORGAN_CHECK(database.execute("BEGIN IMMEDIATE"));
  Status done = work();
  if (done) done = database.execute("COMMIT");
  if (!done) database.roll_back();
  return done;
}

}  // namespace qorgan::store
