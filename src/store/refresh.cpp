#include "store/refresh.h"

#include "crypto/random.h"
#include "store/records.h"

namespace qorgan::store {
namespace {

std::string name_of(std::int64_t enrolled_seq) {
  return "the record enrolled as number " + std::to_string(enrolled_seq);
}

Status remove_shares(Database& database, std::int64_t enrolled_seq, std::int64_t epoch) {
  QORGAN_TRY(Query query, database.query("DELETE FROM shares WHERE seq = ? AND epoch = ?"));
  return query.bind(enrolled_seq).bind(epoch).run();
}

RecordHead head_after(const RecordHead& head) {
  RecordHead next = head;
  ++next.epoch;
  return next;
}

Result<std::vector<std::int64_t>> find_records(Database& database, std::int64_t first_seq, std::int64_t last_seq) {
  QORGAN_TRY(Query query, database.query("SELECT seq FROM records WHERE seq BETWEEN ? AND ? ORDER BY seq"));
  query.bind(first_seq).bind(last_seq);
  std::vector<std::int64_t> found;
  while (true) {
    QORGAN_TRY(const bool row, query.step());
    if (!row) return found;
    QORGAN_TRY(const std::int64_t enrolled_seq, query.integer(0));
    found.push_back(enrolled_seq);
  }
}

// The record's row and keys for the next epoch. Its key is the staged shares'.
Status advance(Database& database, const Keys& keys, const OpenRecord& record) {
  const RecordHead next = head_after(record.head);
  const Bytes wrapped = keys.wrap(*record.staged_key, next);
  const Bytes details = keys.seal_details(*record.staged_key, next, record.details);
  {
    QORGAN_TRY(Query query, database.query("UPDATE records SET epoch = ? WHERE seq = ?"));
    QORGAN_CHECK(query.bind(next.epoch).bind(next.enrolled_seq).run());
  }
  {
    QORGAN_TRY(Query query, database.query("UPDATE record_keys SET wrapped = ?, details = ? WHERE seq = ?"));
    QORGAN_CHECK(query.bind(wrapped).bind(details).bind(next.enrolled_seq).run());
  }
  QORGAN_TRY(Query query, database.query("DELETE FROM staged WHERE seq = ?"));
  return query.bind(next.enrolled_seq).run();
}

}  // namespace

Status stage_shares(Database& database, const Keys& keys, const StagedShares& staged) {
  QORGAN_TRY(const std::optional<OpenRecord> record, open_record(database, keys, staged.enrolled_seq));
  if (!record) {
    QORGAN_TRY(const bool erased, was_erased(database, staged.enrolled_seq));
    if (erased) return {};
    return failure(ErrorCode::not_found, "there is no such record", name_of(staged.enrolled_seq));
  }
  QORGAN_CHECK(check_fingers(staged.fingers, record->head.record_id));
  if (positions_of(staged.fingers) != record->head.positions)
    return failure(ErrorCode::invalid_input, "the new shares are of other fingers", name_of(staged.enrolled_seq));
  const RecordHead next = head_after(record->head);
  if (staged.epoch != next.epoch)
    return failure(ErrorCode::stale, "the new shares are not for the record's next epoch",
                   name_of(staged.enrolled_seq));
  QORGAN_CHECK(remove_shares(database, next.enrolled_seq, next.epoch));
  const crypto::Key key = crypto::random_key();
  const Bytes wrapped = keys.wrap(key, next);
  QORGAN_TRY(Query query, database.query("INSERT INTO staged VALUES(?, ?) ON CONFLICT(seq) DO UPDATE SET "
                                         "wrapped = excluded.wrapped"));
  QORGAN_CHECK(query.bind(next.enrolled_seq).bind(wrapped).run());
  return insert_shares(database, keys, key, next, staged.fingers);
}

Status use_staged_shares(Database& database, const Keys& keys, std::int64_t first_seq, std::int64_t last_seq) {
  QORGAN_TRY(const std::vector<std::int64_t> found, find_records(database, first_seq, last_seq));
  for (const std::int64_t enrolled_seq : found) {
    QORGAN_TRY(const std::optional<OpenRecord> record, open_record(database, keys, enrolled_seq));
    QORGAN_ASSERT(record.has_value());
    if (!record->staged_key) return failure(ErrorCode::not_found, "a record has no new shares", name_of(enrolled_seq));
    // The old shares go for good, so that the new ones must prove themselves first.
    QORGAN_CHECK(read_shares(database, keys, *record));
    QORGAN_CHECK(remove_shares(database, enrolled_seq, record->head.epoch));
    QORGAN_CHECK(advance(database, keys, *record));
  }
  return {};
}

}  // namespace qorgan::store
