#include "store/notices.h"

#include "base/limits.h"
#include "store/head.h"

namespace qorgan::store {
namespace {

constexpr std::size_t kIdBytes = Id().size();

std::string name_of(const Notice& notice) {
  return "the notice of record " + to_hex(notice.record_id);
}

Bytes join(const std::vector<Id>& ids) {
  Bytes bytes;
  bytes.reserve(ids.size() * kIdBytes);
  for (const Id& id : ids) bytes.insert(bytes.end(), id.begin(), id.end());
  return bytes;
}

std::vector<Id> split(ByteView bytes) {
  std::vector<Id> ids(bytes.size() / kIdBytes);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const ByteView id = bytes.subspan(i * kIdBytes, kIdBytes);
    std::copy(id.begin(), id.end(), ids[i].begin());
  }
  return ids;
}

struct Row {
  std::int64_t number = 0;
  Notice notice;
};

Result<Row> read_row(const Database& database, const Keys& keys, const Query& query) {
  Row row;
  Notice& notice = row.notice;
  QORGAN_TRY(row.number, query.integer(0));
  QORGAN_TRY(notice.record_id, query.bytes<16>(1));
  QORGAN_TRY(const ByteView party, query.blob(2));
  notice.party.assign(party.begin(), party.end());
  QORGAN_TRY(notice.request_id, query.bytes<16>(3));
  QORGAN_TRY(const ByteView answered, query.blob(4));
  notice.answered = split(answered);
  QORGAN_TRY(notice.told_ms, query.integer(5));
  QORGAN_TRY(notice.acknowledged_ms, query.integer(6));
  QORGAN_TRY(const crypto::Digest tag, query.bytes<32>(7));
  if (answered.size() % kIdBytes != 0 || !crypto::equal_constant_time(keys.tag(row.number, notice), tag))
    return database.damaged(name_of(notice) + " fails its check");
  return row;
}

Result<std::optional<Row>> find_row(Database& database, const Keys& keys, const Notice& notice) {
  QORGAN_TRY(Query query, database.query("SELECT * FROM notices WHERE record_id = ? AND party = ?"));
  QORGAN_TRY(const bool found, query.bind(notice.record_id).bind(as_bytes(notice.party)).step());
  if (!found) return std::optional<Row>();
  QORGAN_TRY(Row row, read_row(database, keys, query));
  return std::optional<Row>(std::move(row));
}

Result<std::int64_t> next_number(Database& database) {
  QORGAN_TRY(Query query, database.query("SELECT ifnull(max(number), 0) + 1 FROM notices"));
  QORGAN_CHECK(query.step_to_row());
  return query.integer(0);
}

Result<std::vector<Notice>> read_notices(const Database& database, const Keys& keys, Query& query) {
  std::vector<Notice> notices;
  while (true) {
    QORGAN_TRY(const bool found, query.step());
    if (!found) return notices;
    QORGAN_TRY(Row row, read_row(database, keys, query));
    notices.push_back(std::move(row.notice));
  }
}

}  // namespace

Status insert_notice(Database& database, const Keys& keys, const Notice& notice) {
  if (notice.party.size() > limits::name_bytes_max || notice.answered.size() > limits::stored_answered_max)
    return failure(ErrorCode::invalid_input, "a notice is too large to keep", name_of(notice));
  QORGAN_TRY(const std::optional<Row> known, find_row(database, keys, notice));
  if (known) return failure(ErrorCode::already_exists, "the party has a notice already", name_of(notice));
  QORGAN_TRY(const std::int64_t number, next_number(database));
  QORGAN_TRY(Query query, database.query("INSERT INTO notices VALUES(?, ?, ?, ?, ?, ?, ?, ?)"));
  const Bytes answered = join(notice.answered);
  const crypto::Digest tag = keys.tag(number, notice);
  query.bind(number).bind(notice.record_id).bind(as_bytes(notice.party)).bind(notice.request_id).bind(answered);
  QORGAN_CHECK(query.bind(notice.told_ms).bind(notice.acknowledged_ms).bind(tag).run());
  return change_counts(database, keys, [](Counts& counts) { ++counts.notices; });
}

Status update_notice(Database& database, const Keys& keys, const Notice& notice) {
  QORGAN_TRY(std::optional<Row> row, find_row(database, keys, notice));
  if (!row) return failure(ErrorCode::not_found, "the party has no such notice", name_of(notice));
  row->notice.told_ms = notice.told_ms;
  row->notice.acknowledged_ms = notice.acknowledged_ms;
  // They link an erased person's uses; nobody asks after them any more.
  if (notice.acknowledged_ms != 0) row->notice.answered.clear();
  const Bytes answered = join(row->notice.answered);
  const crypto::Digest tag = keys.tag(row->number, row->notice);
  QORGAN_TRY(Query query, database.query("UPDATE notices SET answered = ?, told_ms = ?, acknowledged_ms = ?, tag = ? "
                                         "WHERE number = ?"));
  query.bind(answered).bind(notice.told_ms).bind(notice.acknowledged_ms);
  return query.bind(tag).bind(row->number).run();
}

Result<std::vector<Notice>> notices_of_party(Database& database, const Keys& keys, const std::string& party,
                                             bool open_only, const std::optional<Id>& after, std::size_t count_max) {
  QORGAN_TRY(Query query, database.query("SELECT * FROM notices WHERE party = ? AND (? = 0 OR acknowledged_ms = 0) "
                                         "AND number > ? ORDER BY number LIMIT ?"));
  Notice last;
  last.party = party;
  std::int64_t after_number = 0;
  if (after) {
    last.record_id = *after;
    QORGAN_TRY(const std::optional<Row> row, find_row(database, keys, last));
    if (!row) return failure(ErrorCode::not_found, "the party has no such notice", name_of(last));
    after_number = row->number;
  }
  query.bind(as_bytes(party)).bind(open_only ? 1 : 0).bind(after_number).bind_count(count_max);
  return read_notices(database, keys, query);
}

Result<std::optional<Notice>> find_notice(Database& database, const Keys& keys, const Id& record_id,
                                          const std::string& party) {
  Notice sought;
  sought.record_id = record_id;
  sought.party = party;
  QORGAN_TRY(std::optional<Row> row, find_row(database, keys, sought));
  if (!row) return std::optional<Notice>();
  return std::optional<Notice>(std::move(row->notice));
}

Result<std::vector<Notice>> notices_of_request(Database& database, const Keys& keys, const Id& request_id) {
  QORGAN_TRY(Query query, database.query("SELECT * FROM notices WHERE request_id = ? ORDER BY number"));
  query.bind(request_id);
  return read_notices(database, keys, query);
}

Status check_notices(Database& database, const Keys& keys, const Counts& counts) {
  QORGAN_TRY(Query query, database.query("SELECT * FROM notices ORDER BY number"));
  std::int64_t count = 0;
  while (true) {
    QORGAN_TRY(const bool found, query.step());
    if (!found) break;
    QORGAN_CHECK(read_row(database, keys, query));
    ++count;
  }
  if (count != counts.notices) return database.damaged("notices are missing");
  return {};
}

}  // namespace qorgan::store
