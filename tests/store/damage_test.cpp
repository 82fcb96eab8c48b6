// Bytes that change under the store: what is read afterwards is right, or an error says that the file is damaged.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/store/raw_file.h"
#include "tests/store/store_support.h"

namespace qorgan::store::test {
namespace {

struct Content {
  std::vector<Record> records;
  std::vector<RequestRow> requests;
  std::vector<Operation> operations;
  std::vector<std::optional<Id>> found;
  std::vector<std::pair<std::int64_t, std::int64_t>> tombstones;
  std::vector<Entry> entries;
  std::vector<Notice> notices;
  std::vector<std::int64_t> warrant_uses;
  std::vector<std::optional<std::string>> notes;
  std::int64_t applied = 0;
};

Along full_along() {
  Along along;
  for (const std::int64_t record_seq : {0, 1, 3, 1}) {
    const std::uint64_t number = along.entries.size() + 1;
    along.entries.push_back(make_entry(number, record_seq));
  }
  along.warrant_use = WarrantUse{id_of(500), id_of(11)};
  along.notices.push_back(make_notice(2, "bank"));
  along.notices.push_back(make_notice(2, "door"));
  return along;
}

// Six people, two of them erased, one locked, one refreshed, one with shares staged; a request in each state; entries,
// notices, uses of warrants and notes.
void fill(Store& store) {
  for (std::int64_t i = 1; i <= 6; ++i)
    ASSERT_OK(enrol(store, make_record(static_cast<std::uint64_t>(i), i, 1 + static_cast<int>(i % 3), 1500)));
  ASSERT_OK(erase(store, 7, id_of(2)));
  ASSERT_OK(erase(store, 8, id_of(5)));
  std::uint64_t number = 10;
  for (const RequestState state : {RequestState::prepared, RequestState::agreed, RequestState::ran,
                                   RequestState::committed, RequestState::aborted})
    ASSERT_OK(store.put_request(make_request(++number, state)));
  ASSERT_OK(store.apply_flags(make_operation(9, OperationKind::lock, id_of(1)), 0));
  ASSERT_OK(store.apply_flags(make_operation(10, OperationKind::withdraw, id_of(3)), 0));
  std::vector<Record> records;
  records.push_back(make_record(4, 4, 2, 1500));
  ASSERT_OK(refresh(store, 11, records, 1));
  std::vector<StagedShares> staged;
  staged.push_back(make_staged(make_record(6, 6, 1, 1500), 1));
  ASSERT_OK(store.stage_refresh(staged));
  ASSERT_OK(store.put_request(make_request(11), full_along()));
  ASSERT_OK(store.set_entry_index(2, 0));
  ASSERT_OK(store.put_note("name", "text"));
  ASSERT_OK(store.put_note("other", "words"));
}

Result<Content> read_all(const StoreFile& file) {
  QORGAN_TRY(Store store, file.open());
  Content content;
  QORGAN_CHECK(store.load_all([&](Record&& record) -> Status {
    content.records.push_back(std::move(record));
    return {};
  }));
  for (const RequestState state : {RequestState::prepared, RequestState::agreed, RequestState::ran,
                                   RequestState::committed, RequestState::aborted}) {
    QORGAN_TRY(auto rows, store.requests_in(state));
    for (RequestRow& row : rows) content.requests.push_back(std::move(row));
  }
  QORGAN_TRY(content.operations, store.operations_after(0, 1000));
  for (std::uint64_t number = 1; number <= 7; ++number) {
    QORGAN_TRY(const std::optional<Id> found, store.find_record(pseudonym_of(number)));
    content.found.push_back(found);
    QORGAN_TRY(const auto tombstone, store.find_tombstone(id_of(number)));
    if (tombstone) content.tombstones.emplace_back(tombstone->enrolled_seq, tombstone->erased_seq);
  }
  QORGAN_TRY(content.applied, store.applied_sequence());
  QORGAN_TRY(content.entries, store.entries_since(0, 100));
  for (const char* party : {"bank", "door"}) {
    QORGAN_TRY(auto notices, store.notices_of_party(party, false));
    for (Notice& notice : notices) content.notices.push_back(std::move(notice));
  }
  QORGAN_TRY(const std::int64_t uses, store.warrant_uses(id_of(500)));
  content.warrant_uses.push_back(uses);
  for (const char* name : {"name", "other"}) {
    QORGAN_TRY(auto note, store.find_note(name));
    content.notes.push_back(std::move(note));
  }
  return content;
}

bool same_content(const Content& a, const Content& b) {
  return same(a.records, b.records) && same(a.requests, b.requests) && a.operations == b.operations &&
         a.found == b.found && a.tombstones == b.tombstones && a.applied == b.applied && same(a.entries, b.entries) &&
         same(a.notices, b.notices) && a.warrant_uses == b.warrant_uses && a.notes == b.notes;
}

class Damage : public testing::Test {
 protected:
  void SetUp() override {
    {
      auto store = file_.open();
      ASSERT_OK(store);
      fill(*store);
    }
    whole_ = read_file(file_.path());
    auto content = read_all(file_);
    ASSERT_OK(content);
    content_ = std::move(*content);
    ASSERT_EQ(content_.records.size(), 4U);
    ASSERT_EQ(content_.requests.size(), 5U);
    ASSERT_EQ(content_.tombstones.size(), 2U);
    ASSERT_EQ(content_.entries.size(), 4U);
    ASSERT_EQ(content_.notices.size(), 2U);
    ASSERT_EQ(content_.warrant_uses, std::vector<std::int64_t>{1});
  }

  // Opens the file with these bytes. True where the damage was noticed; otherwise all must be as it was.
  bool is_noticed(const Bytes& bytes, const std::string& what) {
    std::filesystem::remove(file_.log_path());
    write_file(file_.path(), bytes);
    const Result<Content> content = read_all(file_);
    if (content) {
      EXPECT_TRUE(same_content(*content, content_)) << what << ": other content, and no error";
      return false;
    }
    const Error& error = content.error();
    EXPECT_NE(error.where.find(file_.path().filename().string()), std::string::npos) << what << ": " << error.message();
    EXPECT_TRUE(may_be_misread_ || error.code == ErrorCode::damaged) << what << ": " << error.message();
    return true;
  }

  StoreFile file_;
  Bytes whole_;
  Content content_;
  // Some bytes of the header say what the file is: when they change, the error is another.
  bool may_be_misread_ = false;
};

TEST_F(Damage, AFlippedByteAnywhereIsHarmlessOrNoticed) {
  const unsigned seed = 41;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  int noticed = 0;
  const int count = 400;
  for (int i = 0; i < count; ++i) {
    // Every second one near the beginning of a page, where the structure is.
    std::size_t at = random() % whole_.size();
    if (i % 2 == 0) at = at / 4096 * 4096 + random() % 64;
    const auto mask = static_cast<std::uint8_t>(1 + random() % 255);
    Bytes bytes = whole_;
    bytes[at] ^= mask;
    // Bytes 18, 19: may be written and read; 60 to 63: the schema's version (SQLite file format, 1.3).
    may_be_misread_ = at == 18 || at == 19 || (at >= 60 && at < 64);
    noticed += is_noticed(bytes, "byte " + std::to_string(at) + " changed by " + std::to_string(mask)) ? 1 : 0;
  }
  // Most of the file is content; the rest is room that nothing stands in.
  EXPECT_GT(noticed, count / 8);
}

TEST_F(Damage, EachByteOfTheHeaderIsHarmlessOrNoticed) {
  for (std::size_t at = 0; at < 100; ++at) {
    for (const std::uint8_t mask : {std::uint8_t{0x01}, std::uint8_t{0x80}, std::uint8_t{0xff}}) {
      Bytes bytes = whole_;
      bytes[at] ^= mask;
      may_be_misread_ = at == 18 || at == 19 || (at >= 60 && at < 64);
      is_noticed(bytes, "byte " + std::to_string(at));
    }
  }
}

TEST_F(Damage, AFileCutShortIsNoticed) {
  std::mt19937 random(42);
  SCOPED_TRACE("seed 42");
  for (int i = 0; i < 40; ++i) {
    const std::size_t size = i < 20 ? random() % whole_.size() : random() % (whole_.size() / 4096) * 4096;
    const bool noticed = is_noticed(Bytes(whole_.begin(), whole_.begin() + static_cast<std::ptrdiff_t>(size)),
                                    std::to_string(size) + " bytes left");
    // The last page may be one that nothing stands in.
    EXPECT_TRUE(noticed || size > whole_.size() - 4096);
  }
}

TEST_F(Damage, ExchangedPagesAreNoticed) {
  const std::size_t pages = whole_.size() / 4096;
  std::mt19937 random(43);
  SCOPED_TRACE("seed 43");
  for (int i = 0; i < 40; ++i) {
    const std::size_t a = random() % pages;
    const std::size_t b = random() % pages;
    const auto page = [](Bytes& bytes, std::size_t index) {
      return bytes.begin() + static_cast<std::ptrdiff_t>(index * 4096);
    };
    Bytes bytes = whole_;
    std::swap_ranges(page(bytes, a), page(bytes, a) + 4096, page(bytes, b));
    EXPECT_EQ(is_noticed(bytes, "pages " + std::to_string(a) + " and " + std::to_string(b)), bytes != whole_);
  }
}

TEST_F(Damage, ZeroedPagesAreNoticed) {
  for (std::size_t page = 0; page < whole_.size() / 4096; ++page) {
    Bytes bytes = whole_;
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(page * 4096), 4096, std::uint8_t{0});
    EXPECT_EQ(is_noticed(bytes, "page " + std::to_string(page)), bytes != whole_);
  }
}

// Rows that SQLite finds in order and that are not what the store wrote.
TEST_F(Damage, MeddledRowsAreNoticed) {
  const std::string meddling[] = {
      "UPDATE records SET pseudonym = zeroblob(32) WHERE seq = 1",
      "UPDATE records SET record_id = zeroblob(16) WHERE seq = 1",
      "UPDATE records SET positions = positions + 16 WHERE seq = 1",
      "UPDATE shares SET position = 9 WHERE seq = 1 AND position = 1",
      "UPDATE shares SET sealed = (SELECT sealed FROM shares WHERE seq = 4 AND position = 1) WHERE seq = 1 AND "
      "position = 1",
      "UPDATE shares SET sealed = (SELECT sealed FROM shares WHERE seq = 1 AND position = 2) WHERE seq = 1 AND "
      "position = 1",
      "UPDATE shares SET sealed = x'' WHERE seq = 1 AND position = 1",
      "DELETE FROM shares WHERE seq = 1 AND position = 2",
      "DELETE FROM shares WHERE seq = 1",
      "INSERT INTO shares SELECT 1, 0, 10, sealed FROM shares WHERE seq = 1 AND position = 1",
      "INSERT INTO shares SELECT 1, 1, position, sealed FROM shares WHERE seq = 1",
      "UPDATE shares SET epoch = 0 WHERE seq = 4",
      "DELETE FROM shares WHERE seq = 6 AND epoch = 1",
      "UPDATE shares SET sealed = (SELECT sealed FROM shares WHERE seq = 6 AND epoch = 0) WHERE seq = 6 AND epoch = 1",
      "DELETE FROM staged",
      "UPDATE staged SET wrapped = (SELECT wrapped FROM record_keys WHERE seq = 6)",
      "UPDATE staged SET seq = 1",
      "UPDATE records SET epoch = 0 WHERE seq = 4",
      "UPDATE records SET epoch = 1 WHERE seq = 1",
      "UPDATE records SET access_key = zeroblob(32) WHERE seq = 1",
      "UPDATE record_keys SET details = (SELECT details FROM record_keys WHERE seq = 4) WHERE seq = 1",
      "UPDATE record_keys SET details = x'' WHERE seq = 1",
      "UPDATE record_flags SET flags = 0 WHERE seq = 1",
      "UPDATE record_flags SET flags = 4294967297 WHERE seq = 1",
      "UPDATE record_flags SET tag = (SELECT tag FROM record_flags WHERE seq = 3) WHERE seq = 1",
      "UPDATE record_flags SET seq = 4 WHERE seq = 1",
      "DELETE FROM record_flags WHERE seq = 1",
      "UPDATE record_keys SET wrapped = (SELECT wrapped FROM record_keys WHERE seq = 4) WHERE seq = 1",
      "UPDATE record_keys SET wrapped = zeroblob(72) WHERE seq = 1",
      "DELETE FROM record_keys WHERE seq = 1",
      "DELETE FROM record_keys WHERE seq = 1; DELETE FROM shares WHERE seq = 1; DELETE FROM records WHERE seq = 1",
      "UPDATE operations SET kind = 1 WHERE seq = 1",
      "UPDATE operations SET record_id = zeroblob(16) WHERE seq = 1",
      "UPDATE operations SET request_id = zeroblob(16) WHERE seq = 1",
      "UPDATE operations SET tag = zeroblob(32) WHERE seq = 1",
      "UPDATE operations SET tag = x'00' WHERE seq = 1",
      "UPDATE operations SET kind = 3 WHERE seq = 9",
      "UPDATE operations SET kind = 6 WHERE seq = 9",
      "UPDATE operations SET first_seq = 3 WHERE seq = 11",
      "UPDATE operations SET last_seq = 5 WHERE seq = 11",
      "UPDATE operations SET seq = 12 WHERE seq = 11",
      "DELETE FROM operations WHERE seq = 11",
      "DELETE FROM tombstones WHERE enrolled_seq = 2",
      "UPDATE tombstones SET erased_seq = 6 WHERE erased_seq = 7",
      "UPDATE tombstones SET tag = (SELECT tag FROM tombstones WHERE erased_seq = 8) WHERE erased_seq = 7",
      "UPDATE head SET applied = 7",
      "UPDATE head SET recovering = 1",
      "UPDATE head SET last_entry = 5",
      "UPDATE head SET entries = 3; DELETE FROM entries WHERE number = 4",
      "UPDATE head SET warrant_uses = 0; DELETE FROM warrant_uses",
      "UPDATE head SET notices = 0; DELETE FROM notices",
      "UPDATE head SET notes = 0; DELETE FROM notes",
      "UPDATE head SET custodian = 2",
      "UPDATE head SET network_id = zeroblob(32)",
      "UPDATE head SET key_id = zeroblob(16)",
      "DELETE FROM head",
      "UPDATE requests SET state = 3 WHERE state = 0",
      "UPDATE requests SET state = 9 WHERE state = 0",
      "UPDATE requests SET updated_ms = 0 WHERE state = 0",
      "UPDATE requests SET sealed = (SELECT sealed FROM requests WHERE state = 1) WHERE state = 0",
      "UPDATE entries SET number = 9 WHERE number = 4",
      "UPDATE entries SET request_id = zeroblob(16) WHERE number = 1",
      "UPDATE entries SET record_seq = 3 WHERE number = 2",
      "UPDATE entries SET record_seq = 0 WHERE number = 2",
      "UPDATE entries SET event = 2 WHERE number = 1",
      "UPDATE entries SET event = event + 4294967296 WHERE number = 1",
      "UPDATE entries SET time_ms = 0 WHERE number = 1",
      "UPDATE entries SET leaf = x'00' WHERE number = 1",
      "UPDATE entries SET opening = (SELECT opening FROM entries WHERE number = 4) WHERE number = 2",
      "UPDATE entries SET opening = x'' WHERE number = 1",
      "UPDATE entries SET log_index = 1 WHERE number = 2",
      "UPDATE entries SET log_index = NULL WHERE number = 2",
      "UPDATE entries SET log_index = -1 WHERE number = 1",
      "UPDATE entries SET tag = zeroblob(32) WHERE number = 1",
      "DELETE FROM entries WHERE number = 4",
      "UPDATE warrant_uses SET warrant_id = zeroblob(16)",
      "UPDATE warrant_uses SET request_id = zeroblob(16)",
      "UPDATE warrant_uses SET tag = zeroblob(32)",
      "DELETE FROM warrant_uses",
      "UPDATE notices SET number = 9 WHERE number = 1",
      "UPDATE notices SET record_id = zeroblob(16) WHERE number = 1",
      "UPDATE notices SET party = x'00' WHERE number = 1",
      "UPDATE notices SET request_id = zeroblob(16) WHERE number = 1",
      "UPDATE notices SET answered = x'' WHERE number = 1",
      "UPDATE notices SET answered = CAST(answered || x'00' AS BLOB) WHERE number = 1",
      "UPDATE notices SET told_ms = 1 WHERE number = 1",
      "UPDATE notices SET acknowledged_ms = 1 WHERE number = 1",
      "UPDATE notices SET tag = (SELECT tag FROM notices WHERE number = 2) WHERE number = 1",
      "DELETE FROM notices WHERE number = 2",
      "UPDATE notes SET name = x'00' WHERE text = CAST('text' AS BLOB)",
      "UPDATE notes SET text = x'00' WHERE text = CAST('text' AS BLOB)",
      "UPDATE notes SET tag = zeroblob(32)",
      "DELETE FROM notes WHERE text = CAST('text' AS BLOB)",
      "CREATE TABLE extra(x); INSERT INTO extra VALUES(1)",
      "INSERT INTO requests VALUES(x'00', 0, 0, x'00'); DROP INDEX requests_by_state",
  };
  for (const std::string& sql : meddling) {
    std::filesystem::remove(file_.log_path());
    write_file(file_.path(), whole_);
    meddle(file_.path(), sql);
    EXPECT_TRUE(is_noticed(read_file(file_.path()), sql)) << sql;
  }
}

TEST_F(Damage, TheRecordIsNamed) {
  meddle(file_.path(), "UPDATE shares SET sealed = zeroblob(1540) WHERE seq = 4 AND position = 2");
  const Error error = error_of(read_all(file_));
  EXPECT_EQ(error.code, ErrorCode::damaged);
  EXPECT_NE(error.where.find(to_hex(id_of(4))), std::string::npos) << error.message();
  EXPECT_NE(error.what.find("finger 2"), std::string::npos) << error.message();
}

}  // namespace
}  // namespace qorgan::store::test
