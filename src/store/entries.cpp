#include "store/entries.h"

#include <limits>

#include "base/limits.h"
#include "store/head.h"
#include "store/records.h"

namespace qorgan::store {
namespace {

std::string name_of(std::int64_t number) {
  return "entry " + std::to_string(number);
}

// As it stands: its opening sealed.
struct Row {
  Entry entry;
  Bytes sealed;
};

Result<Row> read_row(const Database& database, const Keys& keys, const Query& query) {
  Row row;
  Entry& entry = row.entry;
  QORGAN_TRY(entry.number, query.integer(0));
  QORGAN_TRY(entry.request_id, query.bytes<16>(1));
  QORGAN_TRY(entry.record_seq, query.integer(2));
  QORGAN_TRY(const std::int64_t event, query.integer(3));
  QORGAN_TRY(entry.time_ms, query.integer(4));
  QORGAN_TRY(const ByteView leaf, query.blob(5));
  entry.leaf.assign(leaf.begin(), leaf.end());
  QORGAN_TRY(const ByteView sealed, query.blob(6));
  row.sealed.assign(sealed.begin(), sealed.end());
  if (!query.is_null(7)) {
    QORGAN_TRY(entry.index, query.integer(7));
  }
  QORGAN_TRY(const crypto::Digest tag, query.bytes<32>(8));
  entry.event = static_cast<int>(event);
  if (entry.event != event || !crypto::equal_constant_time(keys.tag(entry, row.sealed), tag))
    return database.damaged(name_of(entry.number) + " fails its check");
  return row;
}

Result<Row> find_row(Database& database, const Keys& keys, std::int64_t number) {
  QORGAN_TRY(Query query, database.query("SELECT * FROM entries WHERE number = ?"));
  QORGAN_TRY(const bool found, query.bind(number).step());
  if (!found) return failure(ErrorCode::not_found, "there is no such entry", name_of(number));
  return read_row(database, keys, query);
}

Status write_row(Database& database, const Keys& keys, const Row& row) {
  const Entry& entry = row.entry;
  const crypto::Digest tag = keys.tag(entry, row.sealed);
  QORGAN_TRY(Query query,
             database.query("INSERT INTO entries VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(number) DO UPDATE SET "
                            "record_seq = excluded.record_seq, opening = excluded.opening, "
                            "log_index = excluded.log_index, tag = excluded.tag"));
  query.bind(entry.number).bind(entry.request_id).bind(entry.record_seq).bind(entry.event).bind(entry.time_ms);
  query.bind(as_bytes(entry.leaf)).bind(row.sealed).bind(entry.index).bind(tag);
  return query.run();
}

// The keys of the openings that one answer needs, so that each record is opened once.
class OpeningKeys {
 public:
  OpeningKeys(Database& database, const Keys& keys) : database_(database), keys_(keys) {}

  // Lives until the next call. not_found.
  Result<const crypto::Key*> find(std::int64_t record_seq) {
    if (record_seq == 0) return &keys_.openings();
    if (!record_ || record_->head.enrolled_seq != record_seq) {
      QORGAN_TRY(record_, open_record(database_, keys_, record_seq));
    }
    if (!record_)
      return failure(ErrorCode::not_found, "there is no such record",
                     "the record enrolled as number " + std::to_string(record_seq));
    return &record_->details.entries_key;
  }

 private:
  Database& database_;
  const Keys& keys_;
  std::optional<OpenRecord> record_;
};

Result<std::vector<Entry>> read_entries(Database& database, const Keys& keys, Query& query) {
  OpeningKeys opening_keys(database, keys);
  std::vector<Entry> entries;
  while (true) {
    QORGAN_TRY(const bool found, query.step());
    if (!found) return entries;
    QORGAN_TRY(Row row, read_row(database, keys, query));
    if (!row.sealed.empty()) {
      const Result<const crypto::Key*> key = opening_keys.find(row.entry.record_seq);
      if (!key)
        return key.error().code == ErrorCode::not_found
                   ? database.damaged(name_of(row.entry.number) + " speaks of a record that is not there")
                   : tl::unexpected(key.error());
      auto opening = keys.unseal_opening(**key, row.entry, row.sealed);
      if (!opening) return database.damaged("the opening of " + name_of(row.entry.number) + " fails its check");
      row.entry.opening = std::move(*opening);
    }
    entries.push_back(std::move(row.entry));
  }
}

Status check_new(const Entry& entry) {
  const bool fits =
      entry.leaf.size() <= limits::stored_leaf_bytes_max && entry.opening.size() <= limits::stored_opening_bytes_max;
  if (!fits) return failure(ErrorCode::invalid_input, "an entry is too long to keep");
  return {};
}

Result<bool> has_entry_with_index(Database& database, std::int64_t index) {
  QORGAN_TRY(Query query, database.query("SELECT 1 FROM entries WHERE log_index = ?"));
  return query.bind(index).step();
}

}  // namespace

Result<std::int64_t> insert_entry(Database& database, const Keys& keys, const Entry& entry) {
  QORGAN_CHECK(check_new(entry));
  QORGAN_TRY(Counts counts, read_counts(database));
  Row row{{++counts.last_entry, entry.request_id, entry.record_seq, entry.event, entry.time_ms, entry.leaf, {}, {}},
          {}};
  QORGAN_TRY(const bool is_late, was_erased(database, entry.record_seq));
  if (is_late) row.entry.record_seq = 0;
  OpeningKeys opening_keys(database, keys);
  QORGAN_TRY(const crypto::Key* key, opening_keys.find(row.entry.record_seq));
  if (!is_late && entry.opening.size() > 0) {
    row.entry.opening = entry.opening.clone();
    row.sealed = keys.seal_opening(*key, row.entry);
  }
  QORGAN_CHECK(write_row(database, keys, row));
  ++counts.entries;
  QORGAN_CHECK(write_counts(database, keys, counts));
  return row.entry.number;
}

Status set_entry_index(Database& database, const Keys& keys, std::int64_t number, std::int64_t index) {
  QORGAN_ASSERT(index >= 0);
  QORGAN_TRY(Row row, find_row(database, keys, number));
  if (row.entry.index == index) return {};
  QORGAN_TRY(const bool is_taken, has_entry_with_index(database, index));
  if (row.entry.index || is_taken)
    return failure(ErrorCode::internal, "an entry's index in the log cannot change",
                   name_of(number) + ", index " + std::to_string(index));
  row.entry.index = index;
  return write_row(database, keys, row);
}

Status drop_entry(Database& database, const Keys& keys, std::int64_t number) {
  {
    QORGAN_TRY(const Row row, find_row(database, keys, number));
    if (row.entry.index)
      return failure(ErrorCode::internal, "an entry that is in the log cannot be dropped", name_of(number));
  }
  QORGAN_TRY(Query query, database.query("DELETE FROM entries WHERE number = ?"));
  QORGAN_CHECK(query.bind(number).run());
  return change_counts(database, keys, [](Counts& counts) { --counts.entries; });
}

Status forget_record(Database& database, const Keys& keys, std::int64_t record_seq) {
  std::vector<Row> rows;
  {
    QORGAN_TRY(Query query, database.query("SELECT * FROM entries WHERE record_seq = ?"));
    query.bind(record_seq);
    while (true) {
      QORGAN_TRY(const bool found, query.step());
      if (!found) break;
      QORGAN_TRY(Row row, read_row(database, keys, query));
      rows.push_back(std::move(row));
    }
  }
  for (Row& row : rows) {
    row.entry.record_seq = 0;
    row.sealed.clear();
    QORGAN_CHECK(write_row(database, keys, row));
  }
  return {};
}

Result<std::vector<Entry>> pending_entries(Database& database, const Keys& keys, std::size_t count_max) {
  QORGAN_TRY(Query query, database.query("SELECT * FROM entries WHERE log_index IS NULL ORDER BY number LIMIT ?"));
  query.bind_count(count_max);
  return read_entries(database, keys, query);
}

Result<std::vector<Entry>> entries_of_record(Database& database, const Keys& keys, std::int64_t record_seq,
                                             std::int64_t before, std::size_t count_max, std::int64_t since_ms) {
  QORGAN_TRY(Query query, database.query("SELECT * FROM entries WHERE record_seq = ? AND number < ? AND time_ms >= ? "
                                         "ORDER BY number DESC LIMIT ?"));
  query.bind(record_seq).bind(before).bind(since_ms).bind_count(count_max);
  return read_entries(database, keys, query);
}

Result<std::vector<Entry>> entries_of_event(Database& database, const Keys& keys, int event, std::int64_t since_ms,
                                            std::int64_t before, std::size_t count_max) {
  QORGAN_TRY(Query query, database.query("SELECT * FROM entries WHERE event = ? AND time_ms >= ? AND number < ? "
                                         "ORDER BY number DESC LIMIT ?"));
  query.bind(event).bind(since_ms).bind(before).bind_count(count_max);
  return read_entries(database, keys, query);
}

Result<std::vector<Entry>> entries_of_request(Database& database, const Keys& keys, const Id& request_id) {
  QORGAN_TRY(Query query, database.query("SELECT * FROM entries WHERE request_id = ? ORDER BY number"));
  query.bind(request_id);
  return read_entries(database, keys, query);
}

Result<std::vector<Entry>> entries_since(Database& database, const Keys& keys, std::int64_t since_ms,
                                         std::size_t count_max) {
  QORGAN_TRY(Query query, database.query("SELECT * FROM entries WHERE time_ms >= ? ORDER BY time_ms, number LIMIT ?"));
  query.bind(since_ms).bind_count(count_max);
  return read_entries(database, keys, query);
}

Result<std::int64_t> indexed_entries(Database& database) {
  QORGAN_TRY(Query query, database.query("SELECT ifnull(max(log_index), -1) FROM entries"));
  QORGAN_CHECK(query.step_to_row());
  QORGAN_TRY(const std::int64_t highest, query.integer(0));
  return highest + 1;
}

Status check_entries(Database& database, const Keys& keys, const Counts& counts) {
  QORGAN_TRY(Query query, database.query("SELECT * FROM entries ORDER BY number"));
  std::int64_t count = 0;
  while (true) {
    QORGAN_TRY(const bool found, query.step());
    if (!found) break;
    QORGAN_TRY(const Row row, read_row(database, keys, query));
    ++count;
    if (row.entry.number > counts.last_entry) return database.damaged(name_of(row.entry.number) + " was never added");
  }
  if (count != counts.entries) return database.damaged("entries are missing");
  return {};
}

}  // namespace qorgan::store
