#include "tests/store/store_support.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "crypto/keystream.h"
#include "crypto/random.h"

namespace qorgan::store::test {
namespace {

Bytes expand(std::string_view label, std::uint64_t number, std::size_t size) {
  Bytes seed_text(label.begin(), label.end());
  append_u64(seed_text, number);
  const crypto::Digest seed = crypto::sha256(seed_text);
  Bytes out(size);
  crypto::expand_seed(crypto::Key(std::span<const std::uint8_t, 32>(seed)), out);
  return out;
}

template <std::size_t N>
std::array<std::uint8_t, N> array_of(std::string_view label, std::uint64_t number) {
  const Bytes bytes = expand(label, number, N);
  std::array<std::uint8_t, N> out{};
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

}  // namespace

QuickFolder::QuickFolder() {
  if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 0);
}

StoreFile::StoreFile() {
  crypto::initialise();
  options_.path = folder_.path() / "custodian.sqlite";
  options_.custodian = 1;
  options_.network_id = array_of<32>("network", 0);
}

crypto::Key StoreFile::key() {
  return crypto::Key(std::span<const std::uint8_t, 32>(array_of<32>("storage key", 0)));
}

Id id_of(std::uint64_t number) {
  return array_of<16>("id", number);
}
Pseudonym pseudonym_of(std::uint64_t number) {
  return array_of<32>("pseudonym", number);
}

crypto::SecretBytes share_of(std::uint64_t number, int position, std::size_t share_bytes) {
  return crypto::SecretBytes(expand("share " + std::to_string(position), number, share_bytes));
}

Record make_record(std::uint64_t number, std::int64_t sequence, int fingers, std::size_t share_bytes) {
  Record record;
  record.record_id = id_of(number);
  record.pseudonym = pseudonym_of(number);
  record.enrolled_seq = sequence;
  record.access_key = array_of<32>("access key", number);
  record.view_key = crypto::Key(std::span<const std::uint8_t, 32>(array_of<32>("view key", number)));
  record.terms_json = to_hex(expand("terms", number, 40));
  for (int position = 1; position <= fingers; ++position)
    record.fingers.push_back({position, share_of(number, position, share_bytes)});
  return record;
}

StagedShares make_staged(const Record& record, std::int64_t epoch) {
  StagedShares staged{record.enrolled_seq, epoch, {}};
  const auto number = static_cast<std::uint64_t>(record.enrolled_seq + 1'000'000 * epoch);
  for (const Finger& finger : record.fingers)
    staged.fingers.push_back({finger.position, share_of(number, finger.position, finger.share.size())});
  return staged;
}

Record refreshed(Record&& record, std::int64_t epoch) {
  record.fingers = make_staged(record, epoch).fingers;
  record.epoch = epoch;
  return std::move(record);
}

Entry make_entry(std::uint64_t number, std::int64_t record_seq, int event) {
  Entry entry;
  entry.request_id = id_of(2'000'000 + number);
  entry.record_seq = record_seq;
  entry.event = event;
  entry.time_ms = 10'000 + static_cast<std::int64_t>(number);
  entry.leaf = to_hex(expand("leaf", number, 60));
  entry.opening = crypto::SecretBytes(expand("opening", number, 90));
  return entry;
}

Notice make_notice(std::uint64_t number, const std::string& party) {
  Notice notice{id_of(number), id_of(1'000'000 + number), party, {}, 0, 0};
  for (std::uint64_t i = 0; i < 3; ++i) notice.answered.push_back(id_of(3'000'000 + 10 * number + i));
  return notice;
}

Operation make_operation(std::int64_t sequence, OperationKind kind, const Id& record_id) {
  return {sequence, kind, id_of(1'000'000 + static_cast<std::uint64_t>(sequence)), record_id};
}

Operation make_refresh(std::int64_t sequence, std::int64_t first_seq, std::int64_t last_seq) {
  Operation operation = make_operation(sequence, OperationKind::refresh, {});
  operation.first_seq = first_seq;
  operation.last_seq = last_seq;
  return operation;
}

RequestRow make_request(std::uint64_t number, RequestState state) {
  RequestRow row;
  row.request_id = id_of(number);
  row.state = state;
  row.digest = array_of<32>("digest", number);
  row.request_json = "{\"number\":" + std::to_string(number) + "}";
  row.updated_ms = 1'000 + static_cast<std::int64_t>(number);
  if (state == RequestState::prepared) row.payload = crypto::SecretBytes(expand("payload", number, 300));
  if (state == RequestState::ran) {
    row.result = crypto::SecretBytes(expand("result", number, 20));
    row.compared = 77;
  }
  if (state == RequestState::aborted) row.error_json = "{\"error\":{}}";
  return row;
}

bool same(const Record& a, const Record& b) {
  return a.record_id == b.record_id && a.pseudonym == b.pseudonym && a.enrolled_seq == b.enrolled_seq &&
         a.epoch == b.epoch && a.access_key == b.access_key && a.view_key == b.view_key &&
         a.terms_json == b.terms_json && a.flags == b.flags &&
         std::equal(a.fingers.begin(), a.fingers.end(), b.fingers.begin(), b.fingers.end(),
                    [](const Finger& x, const Finger& y) {
                      return x.position == y.position &&
                             crypto::equal_constant_time(x.share.expose(), y.share.expose());
                    });
}

bool same(const RequestRow& a, const RequestRow& b) {
  return a.request_id == b.request_id && a.state == b.state && a.digest == b.digest &&
         a.request_json == b.request_json && a.updated_ms == b.updated_ms && a.sequence == b.sequence &&
         crypto::equal_constant_time(a.payload.expose(), b.payload.expose()) &&
         crypto::equal_constant_time(a.result.expose(), b.result.expose()) && a.compared == b.compared &&
         a.error_json == b.error_json;
}

bool same(const Entry& a, const Entry& b) {
  return a.number == b.number && a.request_id == b.request_id && a.record_seq == b.record_seq && a.event == b.event &&
         a.time_ms == b.time_ms && a.leaf == b.leaf && a.index == b.index &&
         crypto::equal_constant_time(a.opening.expose(), b.opening.expose());
}

bool same(const Notice& a, const Notice& b) {
  return a.record_id == b.record_id && a.request_id == b.request_id && a.party == b.party && a.answered == b.answered &&
         a.told_ms == b.told_ms && a.acknowledged_ms == b.acknowledged_ms;
}

Status enrol(Store& store, const Record& record) {
  const auto sequence = static_cast<std::uint64_t>(record.enrolled_seq);
  return store.apply_enrol(record.enrolled_seq, id_of(1'000'000 + sequence), record, 5'000);
}

Status erase(Store& store, std::int64_t sequence, const Id& record_id) {
  return store.apply_erase(sequence, id_of(1'000'000 + static_cast<std::uint64_t>(sequence)), record_id, 6'000);
}

Status refresh(Store& store, std::int64_t sequence, const std::vector<Record>& records, std::int64_t epoch) {
  std::vector<StagedShares> staged;
  for (const Record& record : records) staged.push_back(make_staged(record, epoch));
  QORGAN_CHECK(store.stage_refresh(staged));
  return store.apply_refresh(make_refresh(sequence, records.front().enrolled_seq, records.back().enrolled_seq), 7'000);
}

std::vector<Record> load(Store& store) {
  std::vector<Record> records;
  EXPECT_OK(store.load_all([&](Record&& record) -> Status {
    records.push_back(std::move(record));
    return {};
  }));
  return records;
}

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_file(const std::filesystem::path& path, const Bytes& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  EXPECT_TRUE(file.good());
}

}  // namespace qorgan::store::test
