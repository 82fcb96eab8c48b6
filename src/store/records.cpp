#include "store/records.h"

#include <algorithm>
#include <limits>

#include "base/limits.h"
#include "crypto/random.h"

namespace qorgan::store {
namespace {

std::int64_t positions_of(const Record& record) {
  std::int64_t positions = 0;
  for (const Finger& finger : record.fingers) positions |= std::int64_t{1} << finger.position;
  return positions;
}

Result<bool> is_known(Database& database, std::string_view sql, ByteView value) {
  QORGAN_TRY(Query query, database.query(sql));
  return query.bind(value).step();
}

Status check_new(Database& database, const Record& record) {
  QORGAN_TRY(const bool has_pseudonym,
             is_known(database, "SELECT 1 FROM records WHERE pseudonym = ?", record.pseudonym));
  QORGAN_TRY(const bool has_id, is_known(database, "SELECT 1 FROM records WHERE record_id = ?", record.record_id));
  QORGAN_TRY(const bool was_erased,
             is_known(database, "SELECT 1 FROM tombstones WHERE record_id = ?", record.record_id));
  if (has_pseudonym) return failure(ErrorCode::already_exists, "this person has a record already");
  if (has_id || was_erased)
    return failure(ErrorCode::already_exists, "the record id was used before", "record " + to_hex(record.record_id));
  return {};
}

Status remove_rows(Database& database, std::int64_t sequence) {
  // secure_delete overwrites what is deleted; the key counts, for without it the shares are noise.
  for (const std::string_view sql : {"DELETE FROM record_keys WHERE seq = ?", "DELETE FROM shares WHERE seq = ?",
                                     "DELETE FROM records WHERE seq = ?"}) {
    QORGAN_TRY(Query query, database.query(sql));
    QORGAN_CHECK(query.bind(sequence).run());
  }
  return {};
}

tl::unexpected<Error> damaged_record(const Database& database, const RecordHead& head, const std::string& what) {
  return failure(ErrorCode::damaged, what, database.path().string() + ", record " + to_hex(head.record_id),
                 "Restore the file from a backup");
}

Result<RecordHead> read_head(const Query& query) {
  RecordHead head;
  QORGAN_TRY(head.enrolled_seq, query.integer(0));
  QORGAN_TRY(head.record_id, query.bytes<16>(1));
  QORGAN_TRY(head.pseudonym, query.bytes<32>(2));
  QORGAN_TRY(head.positions, query.integer(3));
  return head;
}

Status read_shares(Database& database, const Keys& keys, const RecordHead& head, const crypto::Key& record_key,
                   Record& record) {
  QORGAN_TRY(Query query, database.query("SELECT position, sealed FROM shares WHERE seq = ? ORDER BY position"));
  query.bind(head.enrolled_seq);
  while (true) {
    QORGAN_TRY(const bool row, query.step());
    if (!row) break;
    QORGAN_TRY(const std::int64_t position, query.integer(0));
    QORGAN_TRY(const ByteView sealed, query.blob(1));
    if (position < 1 || position > limits::fingers_per_person_max)
      return damaged_record(database, head, "a finger position is out of range");
    auto share = keys.unseal_share(record_key, head.record_id, static_cast<int>(position), sealed);
    if (!share)
      return damaged_record(database, head, "the share of finger " + std::to_string(position) + " fails its check");
    record.fingers.push_back({static_cast<int>(position), std::move(*share)});
  }
  if (positions_of(record) != head.positions) return damaged_record(database, head, "a share is missing");
  return {};
}

}  // namespace

Status check_record(const Record& record) {
  const auto wrong = [&](const char* what) {
    return failure(ErrorCode::invalid_input, what, "record " + to_hex(record.record_id));
  };
  if (record.fingers.empty()) return wrong("a record needs a finger");
  int previous = 0;
  for (const Finger& finger : record.fingers) {
    if (finger.position <= previous || finger.position > limits::fingers_per_person_max)
      return wrong("finger positions must rise from 1 to 10");
    if (finger.share.size() == 0 || finger.share.size() > limits::stored_share_bytes_max)
      return wrong("a share is empty or too long");
    previous = finger.position;
  }
  return {};
}

Status insert_record(Database& database, const Keys& keys, const Record& record) {
  QORGAN_CHECK(check_new(database, record));
  const RecordHead head{record.enrolled_seq, record.record_id, record.pseudonym, positions_of(record)};
  {
    QORGAN_TRY(Query query, database.query("INSERT INTO records VALUES(?, ?, ?, ?)"));
    query.bind(head.enrolled_seq).bind(head.record_id).bind(head.pseudonym).bind(head.positions);
    QORGAN_CHECK(query.run());
  }
  const crypto::Key record_key = crypto::random_key();
  const Bytes wrapped = keys.wrap(record_key, head);
  QORGAN_TRY(Query key_query, database.query("INSERT INTO record_keys VALUES(?, ?)"));
  QORGAN_CHECK(key_query.bind(head.enrolled_seq).bind(wrapped).run());
  for (const Finger& finger : record.fingers) {
    const Bytes sealed = keys.seal_share(record_key, record.record_id, finger);
    QORGAN_TRY(Query query, database.query("INSERT INTO shares VALUES(?, ?, ?)"));
    QORGAN_CHECK(query.bind(head.enrolled_seq).bind(finger.position).bind(sealed).run());
  }
  return {};
}

Status erase_record(Database& database, const Keys& keys, const Id& record_id, std::int64_t sequence) {
  Tombstone tombstone{record_id, 0, sequence};
  {
    QORGAN_TRY(Query query, database.query("SELECT seq FROM records WHERE record_id = ?"));
    QORGAN_TRY(const bool found, query.bind(record_id).step());
    if (!found) return failure(ErrorCode::not_found, "there is no such record", "record " + to_hex(record_id));
    QORGAN_TRY(tombstone.enrolled_seq, query.integer(0));
  }
  QORGAN_CHECK(remove_rows(database, tombstone.enrolled_seq));
  QORGAN_TRY(Query query, database.query("INSERT INTO tombstones VALUES(?, ?, ?, ?)"));
  const crypto::Digest tag = keys.tag(tombstone);
  return query.bind(record_id).bind(tombstone.enrolled_seq).bind(tombstone.erased_seq).bind(tag).run();
}

Status load_records(Database& database, const Keys& keys, const std::function<Status(Record&&)>& visit) {
  QORGAN_TRY(Query query, database.query("SELECT r.seq, r.record_id, r.pseudonym, r.positions, k.wrapped "
                                         "FROM records r LEFT JOIN record_keys k ON k.seq = r.seq ORDER BY r.seq"));
  while (true) {
    QORGAN_TRY(const bool row, query.step());
    if (!row) return {};
    QORGAN_TRY(const RecordHead head, read_head(query));
    QORGAN_TRY(const ByteView wrapped, query.blob(4));
    const Result<crypto::Key> record_key = keys.unwrap(wrapped, head);
    if (!record_key) return damaged_record(database, head, "a record's key fails its check");
    Record record{head.record_id, head.pseudonym, head.enrolled_seq, {}};
    QORGAN_CHECK(read_shares(database, keys, head, *record_key, record));
    QORGAN_CHECK(visit(std::move(record)));
  }
}

Result<std::optional<Id>> find_record(Database& database, const Pseudonym& pseudonym) {
  QORGAN_TRY(Query query, database.query("SELECT record_id FROM records WHERE pseudonym = ?"));
  QORGAN_TRY(const bool found, query.bind(pseudonym).step());
  if (!found) return std::optional<Id>();
  QORGAN_TRY(const Id record_id, query.bytes<16>(0));
  return std::optional<Id>(record_id);
}

Result<std::optional<Tombstone>> find_tombstone(Database& database, const Id& record_id) {
  QORGAN_TRY(Query query, database.query("SELECT enrolled_seq, erased_seq FROM tombstones WHERE record_id = ?"));
  QORGAN_TRY(const bool found, query.bind(record_id).step());
  if (!found) return std::optional<Tombstone>();
  Tombstone tombstone{record_id, 0, 0};
  QORGAN_TRY(tombstone.enrolled_seq, query.integer(0));
  QORGAN_TRY(tombstone.erased_seq, query.integer(1));
  return std::optional<Tombstone>(tombstone);
}

Status insert_operation(Database& database, const Keys& keys, const Operation& operation) {
  QORGAN_TRY(Query query, database.query("INSERT INTO operations VALUES(?, ?, ?, ?, ?)"));
  const crypto::Digest tag = keys.tag(operation);
  query.bind(operation.sequence).bind(static_cast<std::int64_t>(operation.kind)).bind(operation.request_id);
  return query.bind(operation.record_id).bind(tag).run();
}

namespace {

Result<std::optional<Operation>> next_operation(Query& query) {
  QORGAN_TRY(const bool row, query.step());
  if (!row) return std::optional<Operation>();
  Operation operation;
  QORGAN_TRY(operation.sequence, query.integer(0));
  QORGAN_TRY(const std::int64_t kind, query.integer(1));
  operation.kind = kind == 0 ? OperationKind::enrol : OperationKind::erase;
  QORGAN_TRY(operation.request_id, query.bytes<16>(2));
  QORGAN_TRY(operation.record_id, query.bytes<16>(3));
  return std::optional<Operation>(operation);
}

}  // namespace

Result<std::optional<Operation>> find_operation(Database& database, const Id& request_id) {
  QORGAN_TRY(Query query,
             database.query("SELECT seq, kind, request_id, record_id FROM operations WHERE request_id = ?"));
  query.bind(request_id);
  return next_operation(query);
}

Result<std::vector<Operation>> read_operations(Database& database, std::int64_t after, std::size_t count_max) {
  const auto count = static_cast<std::int64_t>(
      std::min<std::size_t>(count_max, static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max())));
  QORGAN_TRY(Query query, database.query("SELECT seq, kind, request_id, record_id FROM operations WHERE seq > ? "
                                         "ORDER BY seq LIMIT ?"));
  query.bind(after).bind(count);
  std::vector<Operation> operations;
  while (true) {
    QORGAN_TRY(const std::optional<Operation> operation, next_operation(query));
    if (!operation) return operations;
    operations.push_back(*operation);
  }
}

}  // namespace qorgan::store
