#include "store/notes.h"

#include "base/limits.h"
#include "store/head.h"

namespace qorgan::store {
namespace {

struct Row {
  std::string name;
  std::string text;
};

Result<Row> read_row(const Database& database, const Keys& keys, const Query& query) {
  QORGAN_TRY(const ByteView name, query.blob(0));
  QORGAN_TRY(const ByteView text, query.blob(1));
  QORGAN_TRY(const crypto::Digest tag, query.bytes<32>(2));
  Row row{std::string(name.begin(), name.end()), std::string(text.begin(), text.end())};
  if (!crypto::equal_constant_time(keys.tag_of_note(row.name, row.text), tag))
    return database.damaged("a note fails its check");
  return row;
}

}  // namespace

Status put_note(Database& database, const Keys& keys, const std::string& name, const std::string& text) {
  if (name.size() > limits::name_bytes_max || text.size() > limits::stored_note_bytes_max)
    return failure(ErrorCode::invalid_input, "a note is too long to keep", name.substr(0, limits::name_bytes_max));
  QORGAN_TRY(const std::optional<std::string> before, find_note(database, keys, name));
  QORGAN_TRY(Query query, database.query("INSERT INTO notes VALUES(?, ?, ?) ON CONFLICT(name) DO UPDATE SET "
                                         "text = excluded.text, tag = excluded.tag"));
  const crypto::Digest tag = keys.tag_of_note(name, text);
  QORGAN_CHECK(query.bind(as_bytes(name)).bind(as_bytes(text)).bind(tag).run());
  if (before) return {};
  return change_counts(database, keys, [](Counts& counts) { ++counts.notes; });
}

Result<std::optional<std::string>> find_note(Database& database, const Keys& keys, const std::string& name) {
  QORGAN_TRY(Query query, database.query("SELECT name, text, tag FROM notes WHERE name = ?"));
  QORGAN_TRY(const bool found, query.bind(as_bytes(name)).step());
  if (!found) return std::optional<std::string>();
  QORGAN_TRY(Row row, read_row(database, keys, query));
  return std::optional<std::string>(std::move(row.text));
}

Result<std::vector<NamedText>> notes_with_prefix(Database& database, const Keys& keys, const std::string& prefix) {
  QORGAN_TRY(Query query,
             database.query("SELECT name, text, tag FROM notes WHERE substr(name, 1, ?) = ? ORDER BY name"));
  query.bind_count(prefix.size()).bind(as_bytes(prefix));
  std::vector<NamedText> notes;
  while (true) {
    QORGAN_TRY(const bool found, query.step());
    if (!found) return notes;
    QORGAN_TRY(Row row, read_row(database, keys, query));
    notes.push_back({std::move(row.name), std::move(row.text)});
  }
}

Status drop_note(Database& database, const Keys& keys, const std::string& name) {
  QORGAN_TRY(const std::optional<std::string> before, find_note(database, keys, name));
  if (!before) return {};
  QORGAN_TRY(Query query, database.query("DELETE FROM notes WHERE name = ?"));
  QORGAN_CHECK(query.bind(as_bytes(name)).run());
  return change_counts(database, keys, [](Counts& counts) { --counts.notes; });
}

Status check_notes(Database& database, const Keys& keys, const Counts& counts) {
  QORGAN_TRY(Query query, database.query("SELECT name, text, tag FROM notes"));
  std::int64_t count = 0;
  while (true) {
    QORGAN_TRY(const bool found, query.step());
    if (!found) break;
    QORGAN_CHECK(read_row(database, keys, query));
    ++count;
  }
  if (count != counts.notes) return database.damaged("notes are missing");
  return {};
}

}  // namespace qorgan::store
