#include "store/schema.h"

#include <algorithm>
#include <vector>

#include "store/head.h"

namespace qorgan::store {
namespace {

// "QRGN" in the file's header, by which file(1) and this program know it.
constexpr std::int64_t kApplicationId = 0x5152474e;
constexpr std::int64_t kSchemaVersion = 2;

// As SQLite keeps them, to the letter: check_schema compares.
constexpr std::string_view kSchema[] = {
    "CREATE TABLE head(id INTEGER PRIMARY KEY CHECK(id = 1), network_id BLOB NOT NULL, custodian INTEGER NOT NULL, "
    "key_id BLOB NOT NULL, applied INTEGER NOT NULL, recovering INTEGER NOT NULL, last_entry INTEGER NOT NULL, "
    "entries INTEGER NOT NULL, warrant_uses INTEGER NOT NULL, notices INTEGER NOT NULL, notes INTEGER NOT NULL, "
    "tag BLOB NOT NULL) STRICT",
    "CREATE TABLE records(seq INTEGER PRIMARY KEY, record_id BLOB NOT NULL UNIQUE, pseudonym BLOB NOT NULL UNIQUE, "
    "positions INTEGER NOT NULL, epoch INTEGER NOT NULL, access_key BLOB NOT NULL) STRICT",
    "CREATE TABLE record_keys(seq INTEGER PRIMARY KEY REFERENCES records(seq), wrapped BLOB NOT NULL, "
    "details BLOB NOT NULL) STRICT",
    "CREATE TABLE record_flags(seq INTEGER PRIMARY KEY REFERENCES records(seq), flags INTEGER NOT NULL, "
    "tag BLOB NOT NULL) STRICT",
    // Of the record's epoch, and where the record has a row in staged, of the next one.
    "CREATE TABLE shares(seq INTEGER NOT NULL REFERENCES records(seq), epoch INTEGER NOT NULL, "
    "position INTEGER NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY(seq, epoch, position)) STRICT, WITHOUT ROWID",
    "CREATE TABLE staged(seq INTEGER PRIMARY KEY REFERENCES records(seq), wrapped BLOB NOT NULL) STRICT",
    "CREATE TABLE tombstones(record_id BLOB NOT NULL PRIMARY KEY, enrolled_seq INTEGER NOT NULL UNIQUE, "
    "erased_seq INTEGER NOT NULL UNIQUE, tag BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE operations(seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, request_id BLOB NOT NULL, "
    "record_id BLOB NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, tag BLOB NOT NULL) STRICT",
    "CREATE TABLE requests(request_id BLOB NOT NULL UNIQUE, state INTEGER NOT NULL, updated_ms INTEGER NOT NULL, "
    "sealed BLOB NOT NULL) STRICT",
    "CREATE TABLE entries(number INTEGER PRIMARY KEY, request_id BLOB NOT NULL, record_seq INTEGER NOT NULL, "
    "event INTEGER NOT NULL, time_ms INTEGER NOT NULL, leaf BLOB NOT NULL, opening BLOB NOT NULL, "
    "log_index INTEGER UNIQUE, tag BLOB NOT NULL) STRICT",
    "CREATE TABLE warrant_uses(request_id BLOB NOT NULL, warrant_id BLOB NOT NULL, tag BLOB NOT NULL, "
    "PRIMARY KEY(request_id, warrant_id)) STRICT, WITHOUT ROWID",
    "CREATE TABLE notices(number INTEGER PRIMARY KEY, record_id BLOB NOT NULL, party BLOB NOT NULL, "
    "request_id BLOB NOT NULL, answered BLOB NOT NULL, told_ms INTEGER NOT NULL, acknowledged_ms INTEGER NOT NULL, "
    "tag BLOB NOT NULL, UNIQUE(record_id, party)) STRICT",
    "CREATE TABLE notes(name BLOB NOT NULL PRIMARY KEY, text BLOB NOT NULL, tag BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE INDEX operations_by_request ON operations(request_id)",
    "CREATE INDEX requests_by_state ON requests(state, updated_ms)",
    "CREATE INDEX entries_by_request ON entries(request_id)",
    "CREATE INDEX entries_by_record ON entries(record_seq)",
    "CREATE INDEX entries_by_event ON entries(event, number, time_ms)",
    "CREATE INDEX entries_by_time ON entries(time_ms)",
    "CREATE INDEX warrant_uses_by_warrant ON warrant_uses(warrant_id)",
    "CREATE INDEX notices_by_party ON notices(party)",
    "CREATE INDEX notices_by_request ON notices(request_id)",
};

Result<std::int64_t> integer_of(Database& database, std::string_view sql) {
  QORGAN_TRY(Query query, database.query(sql));
  QORGAN_CHECK(query.step_to_row());
  return query.integer(0);
}

}  // namespace

Status create_schema(Database& database, const Keys& keys) {
  return in_transaction(database, [&]() -> Status {
    QORGAN_CHECK(database.execute("PRAGMA application_id=" + std::to_string(kApplicationId)));
    QORGAN_CHECK(database.execute("PRAGMA user_version=" + std::to_string(kSchemaVersion)));
    for (const std::string_view sql : kSchema) QORGAN_CHECK(database.execute(std::string(sql)));
    return create_head(database, keys);
  });
}

Status check_version(Database& database) {
  QORGAN_TRY(const std::int64_t application, integer_of(database, "PRAGMA application_id"));
  QORGAN_TRY(const std::int64_t version, integer_of(database, "PRAGMA user_version"));
  if (application != kApplicationId) return database.damaged("the file is not a custodian's");
  if (version == kSchemaVersion) return {};
  return failure(ErrorCode::version_mismatch,
                 "the file's schema has version " + std::to_string(version) + ", this program knows version " +
                     std::to_string(kSchemaVersion),
                 database.path().string(), "Use the program that wrote it");
}

Status check_schema(Database& database) {
  QORGAN_TRY(Query query, database.query("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid"));
  std::vector<std::string> found;
  while (true) {
    QORGAN_TRY(const bool row, query.step());
    if (!row) break;
    QORGAN_TRY(std::string sql, query.text(0));
    found.push_back(std::move(sql));
  }
  if (std::equal(found.begin(), found.end(), std::begin(kSchema), std::end(kSchema))) return {};
  return database.damaged("the tables are not those of this version");
}

}  // namespace qorgan::store
