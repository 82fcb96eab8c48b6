#include "store/schema.h"

#include <algorithm>
#include <vector>

namespace qorgan::store {
namespace {

// "QRGN" in the file's header, by which file(1) and this program know it.
constexpr std::int64_t kApplicationId = 0x5152474e;
constexpr std::int64_t kSchemaVersion = 1;

// As SQLite keeps them, to the letter: check_schema compares.
constexpr std::string_view kSchema[] = {
    "CREATE TABLE head(id INTEGER PRIMARY KEY CHECK(id = 1), network_id BLOB NOT NULL, custodian INTEGER NOT NULL, "
    "key_id BLOB NOT NULL, applied INTEGER NOT NULL, tag BLOB NOT NULL) STRICT",
    "CREATE TABLE records(seq INTEGER PRIMARY KEY, record_id BLOB NOT NULL UNIQUE, pseudonym BLOB NOT NULL UNIQUE, "
    "positions INTEGER NOT NULL) STRICT",
    "CREATE TABLE record_keys(seq INTEGER PRIMARY KEY REFERENCES records(seq), wrapped BLOB NOT NULL) STRICT",
    "CREATE TABLE shares(seq INTEGER NOT NULL REFERENCES records(seq), position INTEGER NOT NULL, sealed BLOB NOT "
    "NULL, "
    "PRIMARY KEY(seq, position)) STRICT, WITHOUT ROWID",
    "CREATE TABLE tombstones(record_id BLOB NOT NULL PRIMARY KEY, enrolled_seq INTEGER NOT NULL UNIQUE, "
    "erased_seq INTEGER NOT NULL UNIQUE, tag BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE operations(seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, request_id BLOB NOT NULL, "
    "record_id BLOB NOT NULL, tag BLOB NOT NULL) STRICT",
    "CREATE TABLE requests(request_id BLOB NOT NULL UNIQUE, state INTEGER NOT NULL, updated_ms INTEGER NOT NULL, "
    "sealed BLOB NOT NULL) STRICT",
    "CREATE INDEX requests_by_state ON requests(state, updated_ms)",
};

tl::unexpected<Error> damaged(const Database& database, std::string what) {
  return failure(ErrorCode::damaged, std::move(what), database.path().string(), "Restore the file from a backup");
}

Result<std::int64_t> integer_of(Database& database, std::string_view sql) {
  QORGAN_TRY(Query query, database.query(sql));
  QORGAN_CHECK(query.step_to_row());
  return query.integer(0);
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
  return damaged(database, "the tables are not those of this version");
}

struct Head {
  Owner owner;
  KeyId key_id{};
  std::int64_t applied = 0;
  crypto::Digest tag{};
};

Result<Head> read_head(Database& database) {
  QORGAN_TRY(Query query, database.query("SELECT network_id, custodian, key_id, applied, tag FROM head"));
  QORGAN_CHECK(query.step_to_row());
  Head head;
  QORGAN_TRY(head.owner.network_id, query.bytes<32>(0));
  QORGAN_TRY(head.owner.custodian, query.integer(1));
  QORGAN_TRY(head.key_id, query.bytes<16>(2));
  QORGAN_TRY(head.applied, query.integer(3));
  QORGAN_TRY(head.tag, query.bytes<32>(4));
  return head;
}

tl::unexpected<Error> wrong_owner(const Database& database, const Owner& found) {
  const std::string network = to_hex(found.network_id).substr(0, 16);
  return failure(ErrorCode::wrong_network,
                 "the file belongs to custodian " + std::to_string(found.custodian) + " of the network " + network,
                 database.path().string(), "Give this custodian its own file");
}

// PRAGMA integrity_check and foreign_key_check.
Status check_structure(Database& database) {
  {
    QORGAN_TRY(Query query, database.query("PRAGMA integrity_check(1)"));
    QORGAN_CHECK(query.step_to_row());
    QORGAN_TRY(const std::string said, query.text(0));
    if (std::string_view(said) != "ok") return damaged(database, "the database is damaged (" + said + ")");
  }
  QORGAN_TRY(Query query, database.query("PRAGMA foreign_key_check"));
  QORGAN_TRY(const bool row, query.step());
  if (row) return damaged(database, "a row points to a record that is not there");
  return {};
}

Status check_operations(Database& database, const Keys& keys) {
  QORGAN_TRY(const std::int64_t applied, read_applied(database));
  QORGAN_TRY(Query query, database.query("SELECT seq, kind, request_id, record_id, tag FROM operations ORDER BY seq"));
  std::int64_t expected = 0;
  while (true) {
    QORGAN_TRY(const bool row, query.step());
    if (!row) break;
    Operation operation;
    QORGAN_TRY(operation.sequence, query.integer(0));
    QORGAN_TRY(const std::int64_t kind, query.integer(1));
    QORGAN_TRY(operation.request_id, query.bytes<16>(2));
    QORGAN_TRY(operation.record_id, query.bytes<16>(3));
    QORGAN_TRY(const crypto::Digest tag, query.bytes<32>(4));
    const std::string name = "operation " + std::to_string(operation.sequence);
    if (operation.sequence != ++expected) return damaged(database, name + " stands where another should");
    if (kind != 0 && kind != 1) return damaged(database, name + " fails its check");
    operation.kind = static_cast<OperationKind>(kind);
    if (!crypto::equal_constant_time(keys.tag(operation), tag)) return damaged(database, name + " fails its check");
  }
  if (expected != applied) return damaged(database, "operations are missing");
  return {};
}

Status check_tombstones(Database& database, const Keys& keys) {
  QORGAN_TRY(Query query, database.query("SELECT record_id, enrolled_seq, erased_seq, tag FROM tombstones"));
  while (true) {
    QORGAN_TRY(const bool row, query.step());
    if (!row) return {};
    Tombstone tombstone;
    QORGAN_TRY(tombstone.record_id, query.bytes<16>(0));
    QORGAN_TRY(tombstone.enrolled_seq, query.integer(1));
    QORGAN_TRY(tombstone.erased_seq, query.integer(2));
    QORGAN_TRY(const crypto::Digest tag, query.bytes<32>(3));
    if (!crypto::equal_constant_time(keys.tag(tombstone), tag))
      return damaged(database, "the tombstone of record " + to_hex(tombstone.record_id) + " fails its check");
  }
}

Status check_records(Database& database, const Keys& keys) {
  QORGAN_TRY(Query query, database.query("SELECT r.seq, r.record_id, r.pseudonym, r.positions, k.wrapped "
                                         "FROM records r LEFT JOIN record_keys k ON k.seq = r.seq"));
  while (true) {
    QORGAN_TRY(const bool row, query.step());
    if (!row) return {};
    RecordHead head;
    QORGAN_TRY(head.enrolled_seq, query.integer(0));
    QORGAN_TRY(head.record_id, query.bytes<16>(1));
    QORGAN_TRY(head.pseudonym, query.bytes<32>(2));
    QORGAN_TRY(head.positions, query.integer(3));
    QORGAN_TRY(const ByteView wrapped, query.blob(4));
    if (!keys.unwrap(wrapped, head))
      return damaged(database, "the key of record " + to_hex(head.record_id) + " fails its check");
  }
}

Status check_requests(Database& database, const Keys& keys) {
  QORGAN_TRY(Query query, database.query("SELECT request_id, state, updated_ms, sealed FROM requests"));
  while (true) {
    QORGAN_TRY(const bool row, query.step());
    if (!row) return {};
    QORGAN_TRY(const Id request_id, query.bytes<16>(0));
    QORGAN_TRY(const std::int64_t state, query.integer(1));
    QORGAN_TRY(const std::int64_t updated_ms, query.integer(2));
    QORGAN_TRY(const ByteView sealed, query.blob(3));
    if (!keys.unseal_request(request_id, static_cast<RequestState>(state), updated_ms, sealed))
      return damaged(database, "request " + to_hex(request_id) + " fails its check");
  }
}

// Each enrolment made a record that is live or erased, each erasure a tombstone, and nothing else is there.
Status check_agreement(Database& database) {
  constexpr std::string_view misfits[] = {
      "SELECT count(*) FROM records r LEFT JOIN operations o ON o.seq = r.seq "
      "WHERE o.kind IS NOT 0 OR o.record_id IS NOT r.record_id",
      "SELECT count(*) FROM tombstones t LEFT JOIN operations o ON o.seq = t.enrolled_seq "
      "WHERE o.kind IS NOT 0 OR o.record_id IS NOT t.record_id",
      "SELECT count(*) FROM tombstones t LEFT JOIN operations o ON o.seq = t.erased_seq "
      "WHERE o.kind IS NOT 1 OR o.record_id IS NOT t.record_id",
      "SELECT (SELECT count(*) FROM operations WHERE kind = 0) - (SELECT count(*) FROM records) - "
      "(SELECT count(*) FROM tombstones)",
      "SELECT (SELECT count(*) FROM operations WHERE kind = 1) - (SELECT count(*) FROM tombstones)",
  };
  for (const std::string_view sql : misfits) {
    QORGAN_TRY(const std::int64_t count, integer_of(database, sql));
    if (count != 0) return damaged(database, "records and operations do not agree");
  }
  return {};
}

}  // namespace

Status create_schema(Database& database, const Keys& keys) {
  return in_transaction(database, [&]() -> Status {
    QORGAN_CHECK(database.execute("PRAGMA application_id=" + std::to_string(kApplicationId)));
    QORGAN_CHECK(database.execute("PRAGMA user_version=" + std::to_string(kSchemaVersion)));
    for (const std::string_view sql : kSchema) QORGAN_CHECK(database.execute(std::string(sql)));
    QORGAN_TRY(Query query, database.query("INSERT INTO head VALUES(1, ?, ?, ?, 0, ?)"));
    const crypto::Digest tag = keys.head_tag(keys.owner(), 0);
    return query.bind(keys.owner().network_id).bind(keys.owner().custodian).bind(keys.id()).bind(tag).run();
  });
}

Status check_version(Database& database) {
  QORGAN_TRY(const std::int64_t application, integer_of(database, "PRAGMA application_id"));
  QORGAN_TRY(const std::int64_t version, integer_of(database, "PRAGMA user_version"));
  if (application != kApplicationId) return damaged(database, "the file is not a custodian's");
  if (version == kSchemaVersion) return {};
  return failure(ErrorCode::version_mismatch,
                 "the file's schema has version " + std::to_string(version) + ", this program knows version " +
                     std::to_string(kSchemaVersion),
                 database.path().string(), "Use the program that wrote it");
}

Status check_head(Database& database, const Keys& keys) {
  QORGAN_CHECK(check_schema(database));
  QORGAN_TRY(const Head head, read_head(database));
  const bool is_own = head.owner == keys.owner();
  const bool is_authentic = crypto::equal_constant_time(keys.head_tag(head.owner, head.applied), head.tag);
  if (is_authentic && head.key_id == keys.id()) return is_own ? Status() : wrong_owner(database, head.owner);
  if (is_authentic || head.key_id == keys.id()) return damaged(database, "the file's head fails its check");
  if (!is_own) return wrong_owner(database, head.owner);
  return failure(ErrorCode::refused, "the storage key is not the one that the file was made with",
                 database.path().string(), "Give the key file that belongs to it");
}

Status check_content(Database& database, const Keys& keys) {
  QORGAN_CHECK(check_structure(database));
  QORGAN_CHECK(check_operations(database, keys));
  QORGAN_CHECK(check_tombstones(database, keys));
  QORGAN_CHECK(check_records(database, keys));
  QORGAN_CHECK(check_requests(database, keys));
  return check_agreement(database);
}

Result<std::int64_t> read_applied(Database& database) {
  return integer_of(database, "SELECT applied FROM head");
}

Status write_applied(Database& database, const Keys& keys, std::int64_t applied) {
  QORGAN_TRY(Query query, database.query("UPDATE head SET applied = ?, tag = ?"));
  const crypto::Digest tag = keys.head_tag(keys.owner(), applied);
  return query.bind(applied).bind(tag).run();
}

}  // namespace qorgan::store
