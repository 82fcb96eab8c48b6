#include "store/sqlite.h"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "base/limits.h"

namespace qorgan::store {
namespace {

int last_errno(sqlite3* handle, int which_file) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(handle, "main", which_file, &file);
  int reason = 0;
  if (file != nullptr && file->pMethods != nullptr)
    file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &reason);
  return reason;
}

// sqlite3_system_errno is not set by a commit that fails, so the files are asked: the database, then its log.
int system_error_of(sqlite3* handle) {
  for (const int which_file : {SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER}) {
    const int reason = last_errno(handle, which_file);
    if (reason != 0) return reason;
  }
  return sqlite3_system_errno(handle);
}

bool is_full(int code, int system_error) {
  if ((code & 0xff) == SQLITE_FULL) return true;
  if (code != SQLITE_IOERR_WRITE && code != SQLITE_IOERR_FSYNC && code != SQLITE_IOERR_TRUNCATE) return false;
  return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
}

}  // namespace

Query::~Query() {
  if (statement_ == nullptr) return;
  // Its error was returned by the step that failed.
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Query::Query(Query&& other) noexcept
    : database_(other.database_),
      statement_(std::exchange(other.statement_, nullptr)),
      bound_(other.bound_),
      bind_code_(other.bind_code_) {}

Query& Query::bind(std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_, ++bound_, value);
  if (bind_code_ == SQLITE_OK) bind_code_ = code;
  return *this;
}

Query& Query::bind(const std::optional<std::int64_t>& value) {
  if (value) return bind(*value);
  const int code = sqlite3_bind_null(statement_, ++bound_);
  if (bind_code_ == SQLITE_OK) bind_code_ = code;
  return *this;
}

Query& Query::bind_count(std::size_t count_max) {
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  return bind(static_cast<std::int64_t>(std::min(count_max, kMost)));
}

Query& Query::bind(ByteView bytes) {
  // A null pointer would bind NULL.
  const std::uint8_t empty = 0;
  const std::uint8_t* data = bytes.empty() ? &empty : bytes.data();
  const auto destructor = bytes.empty() ? SQLITE_TRANSIENT : SQLITE_STATIC;
  const int code = sqlite3_bind_blob64(statement_, ++bound_, data, bytes.size(), destructor);
  if (bind_code_ == SQLITE_OK) bind_code_ = code;
  return *this;
}

Result<bool> Query::step() {
  if (bind_code_ != SQLITE_OK) return tl::unexpected(database_->error(bind_code_));
  QORGAN_ASSERT(bound_ == sqlite3_bind_parameter_count(statement_));
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return tl::unexpected(database_->error(code));
}

Status Query::run() {
  QORGAN_TRY(const bool row, step());
  QORGAN_ASSERT(!row);
  return {};
}

Status Query::step_to_row() {
  QORGAN_TRY(const bool row, step());
  if (!row) return failure(ErrorCode::damaged, "a row is missing", database_->path().string());
  return {};
}

Status Query::check_type(int column, int type) const {
  if (sqlite3_column_type(statement_, column) == type) return {};
  return failure(ErrorCode::damaged, "a field is not of its type", database_->path().string());
}

Status Query::check_size(ByteView view, std::size_t size) const {
  if (view.size() == size) return {};
  return failure(ErrorCode::damaged, "a field is not of its length", database_->path().string());
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Result<std::int64_t> Query::integer(int column) const {
  QORGAN_CHECK(check_type(column, SQLITE_INTEGER));
  return sqlite3_column_int64(statement_, column);
}

Result<ByteView> Query::blob(int column) const {
  QORGAN_CHECK(check_type(column, SQLITE_BLOB));
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  if (data == nullptr && size != 0) return tl::unexpected(database_->error(SQLITE_NOMEM));
  return ByteView(static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size));
}

Result<std::string> Query::text(int column) const {
  QORGAN_CHECK(check_type(column, SQLITE_TEXT));
  const unsigned char* data = sqlite3_column_text(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  if (data == nullptr) return tl::unexpected(database_->error(SQLITE_NOMEM));
  return std::string(data, data + size);
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& path) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  if (handle == nullptr) return failure(ErrorCode::unavailable, "there is no memory to open the file", path.string());
  std::unique_ptr<Database> database(new Database(path, handle));
  if (code != SQLITE_OK) return tl::unexpected(database->error(code));
  sqlite3_busy_timeout(handle, limits::store_lock_timeout_ms);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, limits::stored_value_bytes_max);
  for (const int option : {SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW, SQLITE_DBCONFIG_TRUSTED_SCHEMA})
    sqlite3_db_config(handle, option, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // Before the first read: the log's index then lives in memory and no other process can come in.
  QORGAN_CHECK(database->execute("PRAGMA locking_mode=EXCLUSIVE"));
  return database;
}

Status Database::take(const Settings& settings) {
  {
    QORGAN_TRY(Query journal, query("PRAGMA journal_mode=WAL"));
    QORGAN_CHECK(journal.step_to_row());
    QORGAN_TRY(const std::string mode, journal.text(0));
    if (mode != "wal")
      return failure(ErrorCode::unavailable, "the file cannot be given a write-ahead log", path_.string(),
                     "Is the file, or its folder, read-only?");
  }
  QORGAN_CHECK(
      execute("PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON;"
              "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-" +
              std::to_string(limits::store_cache_kib) +
              "; PRAGMA wal_autocheckpoint=" + std::to_string(limits::store_journal_pages)));
  if (settings.pages_max > 0) QORGAN_CHECK(execute("PRAGMA max_page_count=" + std::to_string(settings.pages_max)));
  // Takes the lock at once, so that a second process is told here and not in mid-work.
  return in_transaction(*this, [] { return Status(); });
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

Result<Query> Database::query(std::string_view sql) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) {
    QORGAN_ASSERT(sqlite3_stmt_busy(known->second) == 0);
    return Query(*this, known->second);
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(error(code));
  statements_.emplace(sql, statement);
  return Query(*this, statement);
}

Status Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(error(code));
  return {};
}

Status Database::copy_to(Database& other) {
  sqlite3_backup* backup = sqlite3_backup_init(other.handle_, "main", handle_, "main");
  if (backup == nullptr) return tl::unexpected(other.error(sqlite3_extended_errcode(other.handle_)));
  const int code = sqlite3_backup_step(backup, -1);
  sqlite3_backup_finish(backup);
  if (code == SQLITE_DONE) return {};
  const bool is_source = (code & 0xff) == SQLITE_CORRUPT || code == SQLITE_IOERR_READ;
  return tl::unexpected(is_source ? error(code) : other.error(code));
}

Status Database::checkpoint(std::string_view sql) {
  QORGAN_TRY(Query checkpoint, query(sql));
  QORGAN_CHECK(checkpoint.step_to_row());
  QORGAN_TRY(const std::int64_t blocked, checkpoint.integer(0));
  if (blocked != 0)
    return failure(ErrorCode::unavailable, "the write-ahead log cannot be emptied now", path_.string(), "Try again");
  return {};
}

Status Database::truncate_journal() {
  // After it the file has all that the log has, durably, and nobody reads the log: this is the only connection.
  QORGAN_CHECK(checkpoint("PRAGMA wal_checkpoint(RESTART)"));
  QORGAN_CHECK(overwrite_journal());
  return checkpoint("PRAGMA wal_checkpoint(TRUNCATE)");
}

// A file that is only cut leaves its content on the disk.
Status Database::overwrite_journal() {
  sqlite3_file* journal = nullptr;
  sqlite3_file_control(handle_, "main", SQLITE_FCNTL_JOURNAL_POINTER, &journal);
  if (journal == nullptr || journal->pMethods == nullptr) return {};
  sqlite3_int64 size = 0;
  int code = journal->pMethods->xFileSize(journal, &size);
  // The head is first to go, for good: were it still there after a crash among the frames, the first ones would be
  // taken for news, and old pages put in place of newer ones.
  constexpr sqlite3_int64 kHeadBytes = 32;
  const Bytes zeros(std::size_t{64} << 10);
  for (sqlite3_int64 at = 0; at < size && code == SQLITE_OK;) {
    const sqlite3_int64 step = at == 0 ? std::min(kHeadBytes, size) : std::min<sqlite3_int64>(zeros.size(), size - at);
    code = journal->pMethods->xWrite(journal, zeros.data(), static_cast<int>(step), at);
    const bool done = at == 0 || at + step == size;
    if (code == SQLITE_OK && done) code = journal->pMethods->xSync(journal, SQLITE_SYNC_NORMAL);
    at += step;
  }
  if (code != SQLITE_OK) return tl::unexpected(error(code));
  return {};
}

void Database::roll_back() {
  if (sqlite3_get_autocommit(handle_) == 0) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

Error Database::error(int code) const {
  const int system_error = system_error_of(handle_);
  const std::string file = path_.string();
  const std::string detail = sqlite3_errmsg(handle_);
  if (is_full(code, system_error))
    return {ErrorCode::storage_full, "there is no room left to write", file, "Make room on the disk and try again"};
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:  // the statements are right, so the file is not: a format or table that SQLite does not know
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
      return {ErrorCode::damaged, "the database is damaged (" + detail + ")", file, "Restore it from a backup"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::busy, "another process has the file open", file, "Stop the other process"};
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_NOMEM: {
      const std::string reason = system_error == 0 ? detail : detail + ", " + std::strerror(system_error);
      return {ErrorCode::unavailable, "the file cannot be read or written (" + reason + ")", file, {}};
    }
    default:
      return {ErrorCode::internal, "SQLite reports error " + std::to_string(code) + " (" + detail + ")", file, {}};
  }
}

tl::unexpected<Error> Database::damaged(std::string what) const {
  return failure(ErrorCode::damaged, std::move(what), path_.string(), "Restore the file from a backup");
}

}  // namespace qorgan::store
