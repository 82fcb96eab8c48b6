#include "store/records.h"

#include <algorithm>
#include <limits>

#include "base/limits.h"
#include "crypto/random.h"
#include "store/entries.h"

namespace qorgan::store {
namespace {

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
  // secure_delete overwrites what is deleted; the keys count, for without them the rest is noise.
  for (const std::string_view sql :
       {"DELETE FROM record_keys WHERE seq = ?", "DELETE FROM staged WHERE seq = ?", "DELETE FROM shares WHERE seq = ?",
        "DELETE FROM record_flags WHERE seq = ?", "DELETE FROM records WHERE seq = ?"}) {
    QORGAN_TRY(Query query, database.query(sql));
    QORGAN_CHECK(query.bind(sequence).run());
  }
  return {};
}

Result<RecordHead> read_head(const Query& query) {
  RecordHead head;
  QORGAN_TRY(head.enrolled_seq, query.integer(0));
  QORGAN_TRY(head.record_id, query.bytes<16>(1));
  QORGAN_TRY(head.pseudonym, query.bytes<32>(2));
  QORGAN_TRY(head.positions, query.integer(3));
  QORGAN_TRY(head.epoch, query.integer(4));
  QORGAN_TRY(head.access_key, query.bytes<32>(5));
  return head;
}

Result<std::uint32_t> read_flags(const Database& database, const Keys& keys, const Query& query,
                                 const RecordHead& head) {
  if (query.is_null(8)) return 0;
  QORGAN_TRY(const std::int64_t flags, query.integer(8));
  QORGAN_TRY(const crypto::Digest tag, query.bytes<32>(9));
  const bool is_known = flags >= 0 && flags <= static_cast<std::int64_t>(kLocked | kWithdrawn);
  if (!is_known ||
      !crypto::equal_constant_time(keys.tag_of_flags(head.enrolled_seq, static_cast<std::uint32_t>(flags)), tag))
    return damaged_record(database, head.record_id, "a record's flags fail their check");
  return static_cast<std::uint32_t>(flags);
}

Result<OpenRecord> open_row(const Database& database, const Keys& keys, const Query& query) {
  OpenRecord record;
  QORGAN_TRY(record.head, read_head(query));
  const Id& record_id = record.head.record_id;
  QORGAN_TRY(const ByteView wrapped, query.blob(6));
  Result<crypto::Key> key = keys.unwrap(wrapped, record.head);
  if (!key) return damaged_record(database, record_id, "a record's key fails its check");
  record.key = std::move(*key);
  QORGAN_TRY(const ByteView sealed, query.blob(7));
  Result<Details> details = keys.unseal_details(record.key, record.head, sealed);
  if (!details) return damaged_record(database, record_id, "a record's details fail their check");
  record.details = std::move(*details);
  QORGAN_TRY(record.flags, read_flags(database, keys, query, record.head));
  if (query.is_null(10)) return record;
  QORGAN_TRY(const ByteView staged, query.blob(10));
  RecordHead next = record.head;
  ++next.epoch;
  Result<crypto::Key> staged_key = keys.unwrap(staged, next);
  if (!staged_key) return damaged_record(database, record_id, "the key of staged shares fails its check");
  record.staged_key = std::move(*staged_key);
  return record;
}

Result<Record> to_record(Database& database, const Keys& keys, OpenRecord&& open) {
  Record record;
  record.record_id = open.head.record_id;
  record.pseudonym = open.head.pseudonym;
  record.enrolled_seq = open.head.enrolled_seq;
  record.epoch = open.head.epoch;
  record.access_key = open.head.access_key;
  record.flags = open.flags;
  QORGAN_TRY(record.fingers, read_shares(database, keys, open));
  record.view_key = std::move(open.details.view_key);
  record.terms_json = std::move(open.details.terms_json);
  return record;
}

}  // namespace

tl::unexpected<Error> damaged_record(const Database& database, const Id& record_id, const std::string& what) {
  return failure(ErrorCode::damaged, what, database.path().string() + ", record " + to_hex(record_id),
                 "Restore the file from a backup");
}

std::int64_t positions_of(const std::vector<Finger>& fingers) {
  std::int64_t positions = 0;
  for (const Finger& finger : fingers) positions |= std::int64_t{1} << finger.position;
  return positions;
}

Status check_fingers(const std::vector<Finger>& fingers, const Id& record_id) {
  const auto wrong = [&](const char* what) {
    return failure(ErrorCode::invalid_input, what, "record " + to_hex(record_id));
  };
  if (fingers.empty()) return wrong("a record needs a finger");
  int previous = 0;
  for (const Finger& finger : fingers) {
    if (finger.position <= previous || finger.position > limits::fingers_per_person_max)
      return wrong("finger positions must rise from 1 to 10");
    if (finger.share.size() == 0 || finger.share.size() > limits::stored_share_bytes_max)
      return wrong("a share is empty or too long");
    previous = finger.position;
  }
  return {};
}

Status check_record(const Record& record) {
  QORGAN_CHECK(check_fingers(record.fingers, record.record_id));
  if (record.terms_json.size() > limits::stored_terms_bytes_max)
    return failure(ErrorCode::invalid_input, "a record's terms are too long", "record " + to_hex(record.record_id));
  return {};
}

Status visit_records(Database& database, const Keys& keys, std::int64_t first_seq, std::int64_t last_seq,
                     const std::function<Status(OpenRecord&&)>& visit) {
  QORGAN_TRY(Query query,
             database.query("SELECT r.seq, r.record_id, r.pseudonym, r.positions, r.epoch, r.access_key, k.wrapped, "
                            "k.details, f.flags, f.tag, s.wrapped FROM records r "
                            "LEFT JOIN record_keys k ON k.seq = r.seq LEFT JOIN record_flags f ON f.seq = r.seq "
                            "LEFT JOIN staged s ON s.seq = r.seq WHERE r.seq BETWEEN ? AND ? ORDER BY r.seq"));
  query.bind(first_seq).bind(last_seq);
  while (true) {
    QORGAN_TRY(const bool row, query.step());
    if (!row) return {};
    QORGAN_TRY(OpenRecord record, open_row(database, keys, query));
    QORGAN_CHECK(visit(std::move(record)));
  }
}

Result<std::optional<OpenRecord>> open_record(Database& database, const Keys& keys, std::int64_t enrolled_seq) {
  std::optional<OpenRecord> found;
  QORGAN_CHECK(visit_records(database, keys, enrolled_seq, enrolled_seq, [&](OpenRecord&& record) -> Status {
    found = std::move(record);
    return {};
  }));
  return found;
}

Result<std::vector<Finger>> read_shares(Database& database, const Keys& keys, const OpenRecord& record) {
  QORGAN_TRY(Query query, database.query("SELECT epoch, position, sealed FROM shares WHERE seq = ? "
                                         "ORDER BY epoch, position"));
  query.bind(record.head.enrolled_seq);
  RecordHead next = record.head;
  ++next.epoch;
  std::vector<Finger> fingers;
  std::vector<Finger> staged;
  while (true) {
    QORGAN_TRY(const bool row, query.step());
    if (!row) break;
    QORGAN_TRY(const std::int64_t epoch, query.integer(0));
    QORGAN_TRY(const std::int64_t position, query.integer(1));
    QORGAN_TRY(const ByteView sealed, query.blob(2));
    if (position < 1 || position > limits::fingers_per_person_max)
      return damaged_record(database, record.head.record_id, "a finger position is out of range");
    const bool is_staged = epoch == next.epoch && record.staged_key.has_value();
    if (epoch != record.head.epoch && !is_staged)
      return damaged_record(database, record.head.record_id, "a share is of another epoch");
    const int finger = static_cast<int>(position);
    auto share = is_staged ? keys.unseal_share(*record.staged_key, next, finger, sealed)
                           : keys.unseal_share(record.key, record.head, finger, sealed);
    if (!share)
      return damaged_record(database, record.head.record_id,
                            "the share of finger " + std::to_string(position) + " fails its check");
    (is_staged ? staged : fingers).push_back({finger, std::move(*share)});
  }
  const bool is_whole = positions_of(fingers) == record.head.positions &&
                        (!record.staged_key || positions_of(staged) == record.head.positions);
  if (!is_whole) return damaged_record(database, record.head.record_id, "a share is missing");
  return fingers;
}

Status insert_shares(Database& database, const Keys& keys, const crypto::Key& record_key, const RecordHead& head,
                     const std::vector<Finger>& fingers) {
  for (const Finger& finger : fingers) {
    const Bytes sealed = keys.seal_share(record_key, head, finger);
    QORGAN_TRY(Query query, database.query("INSERT INTO shares VALUES(?, ?, ?, ?)"));
    QORGAN_CHECK(query.bind(head.enrolled_seq).bind(head.epoch).bind(finger.position).bind(sealed).run());
  }
  return {};
}

Status insert_record(Database& database, const Keys& keys, const Record& record) {
  QORGAN_CHECK(check_new(database, record));
  const RecordHead head{record.enrolled_seq,          record.record_id, record.pseudonym,
                        positions_of(record.fingers), record.epoch,     record.access_key};
  {
    QORGAN_TRY(Query query, database.query("INSERT INTO records VALUES(?, ?, ?, ?, ?, ?)"));
    query.bind(head.enrolled_seq).bind(head.record_id).bind(head.pseudonym).bind(head.positions);
    QORGAN_CHECK(query.bind(head.epoch).bind(head.access_key).run());
  }
  const crypto::Key record_key = crypto::random_key();
  const Bytes wrapped = keys.wrap(record_key, head);
  const Details details{crypto::random_key(), record.view_key.clone(), record.terms_json};
  const Bytes sealed = keys.seal_details(record_key, head, details);
  QORGAN_TRY(Query query, database.query("INSERT INTO record_keys VALUES(?, ?, ?)"));
  QORGAN_CHECK(query.bind(head.enrolled_seq).bind(wrapped).bind(sealed).run());
  return insert_shares(database, keys, record_key, head, record.fingers);
}

Status erase_record(Database& database, const Keys& keys, const Id& record_id, std::int64_t sequence) {
  QORGAN_TRY(const std::optional<std::int64_t> enrolled_seq, find_enrolled_seq(database, record_id));
  if (!enrolled_seq) return failure(ErrorCode::not_found, "there is no such record", "record " + to_hex(record_id));
  QORGAN_CHECK(remove_rows(database, *enrolled_seq));
  QORGAN_CHECK(forget_record(database, keys, *enrolled_seq));
  return insert_tombstone(database, keys, {record_id, *enrolled_seq, sequence});
}

Status insert_tombstone(Database& database, const Keys& keys, const Tombstone& tombstone) {
  QORGAN_TRY(Query query, database.query("INSERT INTO tombstones VALUES(?, ?, ?, ?)"));
  const crypto::Digest tag = keys.tag(tombstone);
  return query.bind(tombstone.record_id).bind(tombstone.enrolled_seq).bind(tombstone.erased_seq).bind(tag).run();
}

Status load_records(Database& database, const Keys& keys, const std::function<Status(Record&&)>& visit) {
  return visit_records(database, keys, 0, std::numeric_limits<std::int64_t>::max(), [&](OpenRecord&& open) -> Status {
    QORGAN_TRY(Record record, to_record(database, keys, std::move(open)));
    return visit(std::move(record));
  });
}

Result<Record> load_record(Database& database, const Keys& keys, std::int64_t enrolled_seq) {
  QORGAN_TRY(std::optional<OpenRecord> open, open_record(database, keys, enrolled_seq));
  if (!open)
    return failure(ErrorCode::not_found, "there is no such record",
                   "the record enrolled as number " + std::to_string(enrolled_seq));
  return to_record(database, keys, std::move(*open));
}

Result<std::optional<Id>> find_record(Database& database, const Pseudonym& pseudonym) {
  QORGAN_TRY(Query query, database.query("SELECT record_id FROM records WHERE pseudonym = ?"));
  QORGAN_TRY(const bool found, query.bind(pseudonym).step());
  if (!found) return std::optional<Id>();
  QORGAN_TRY(const Id record_id, query.bytes<16>(0));
  return std::optional<Id>(record_id);
}

Result<std::optional<std::int64_t>> find_enrolled_seq(Database& database, const Id& record_id) {
  QORGAN_TRY(Query query, database.query("SELECT seq FROM records WHERE record_id = ?"));
  QORGAN_TRY(const bool found, query.bind(record_id).step());
  if (!found) return std::optional<std::int64_t>();
  QORGAN_TRY(const std::int64_t enrolled_seq, query.integer(0));
  return std::optional<std::int64_t>(enrolled_seq);
}

Result<bool> was_erased(Database& database, std::int64_t enrolled_seq) {
  QORGAN_TRY(Query query, database.query("SELECT 1 FROM tombstones WHERE enrolled_seq = ?"));
  return query.bind(enrolled_seq).step();
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

std::uint32_t flags_after(OperationKind kind, std::uint32_t flags) {
  if (kind == OperationKind::lock) return flags | kLocked;
  if (kind == OperationKind::unlock) return flags & ~kLocked;
  if (kind == OperationKind::withdraw) return flags | kWithdrawn;
  return flags;
}

Status change_flags(Database& database, const Keys& keys, const Operation& operation) {
  QORGAN_TRY(const std::optional<std::int64_t> enrolled_seq, find_enrolled_seq(database, operation.record_id));
  if (!enrolled_seq)
    return failure(ErrorCode::not_found, "there is no such record", "record " + to_hex(operation.record_id));
  QORGAN_TRY(const std::optional<OpenRecord> record, open_record(database, keys, *enrolled_seq));
  QORGAN_ASSERT(record.has_value());
  const std::uint32_t flags = flags_after(operation.kind, record->flags);
  const crypto::Digest tag = keys.tag_of_flags(*enrolled_seq, flags);
  QORGAN_TRY(Query query, database.query("INSERT INTO record_flags VALUES(?, ?, ?) ON CONFLICT(seq) DO UPDATE SET "
                                         "flags = excluded.flags, tag = excluded.tag"));
  return query.bind(*enrolled_seq).bind(flags).bind(tag).run();
}

}  // namespace qorgan::store
