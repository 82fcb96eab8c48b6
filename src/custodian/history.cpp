#include "custodian/history.h"

#include <algorithm>

#include "base/limits.h"
#include "custodian/peer_messages.h"
#include "custodian/terms.h"
#include "mpc/shares.h"
#include "net/json_fields.h"

namespace qorgan::custodian {
namespace {

using store::History;
using store::Operation;
using store::OperationKind;
using store::Record;
using store::Tombstone;

enum Fate : std::uint8_t { kErased = 0, kLives = 1 };

void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_record(Bytes& out, const Record& record) {
  out.push_back(kLives);
  append(out, record.pseudonym);
  append_u64(out, static_cast<std::uint64_t>(record.epoch));
  append(out, record.access_key);
  append(out, record.view_key.expose());
  append_u32(out, record.flags);
  append_u16(out, static_cast<std::uint16_t>(record.terms_json.size()));
  append(out, as_bytes(record.terms_json));
  out.push_back(static_cast<std::uint8_t>(record.fingers.size()));
  for (const store::Finger& finger : record.fingers) {
    out.push_back(static_cast<std::uint8_t>(finger.position));
    append_u16(out, static_cast<std::uint16_t>(finger.share.size()));
    append(out, finger.share.expose());
  }
}

template <class T>
const T* of_enrolment(const std::vector<T>& items, const Operation& operation) {
  const auto found =
      std::find_if(items.begin(), items.end(), [&](const T& item) { return item.enrolled_seq == operation.sequence; });
  return found == items.end() ? nullptr : &*found;
}

void append_operation(Bytes& out, const Operation& operation, const History& history) {
  out.push_back(static_cast<std::uint8_t>(operation.kind));
  append(out, operation.request_id);
  append(out, operation.record_id);
  append_u64(out, static_cast<std::uint64_t>(operation.first_seq));
  append_u64(out, static_cast<std::uint64_t>(operation.last_seq));
  if (operation.kind != OperationKind::enrol) return;
  if (const Record* record = of_enrolment(history.records, operation)) return append_record(out, *record);
  const Tombstone* tombstone = of_enrolment(history.tombstones, operation);
  QORGAN_ASSERT(tombstone);
  out.push_back(kErased);
  append_u64(out, static_cast<std::uint64_t>(tombstone->erased_seq));
}

tl::unexpected<Error> damaged(const char* what) {
  return failure(ErrorCode::damaged, what);
}

// Takes a body apart from its front.
class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}

  bool at_end() const { return bytes_.empty(); }
  Result<ByteView> take(std::size_t count) {
    if (bytes_.size() < count) return damaged("a history that is cut short");
    const ByteView taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }
  Result<int> u8() {
    QORGAN_TRY(const ByteView bytes, take(1));
    return bytes[0];
  }
  Result<std::size_t> u16() {
    QORGAN_TRY(const ByteView bytes, take(2));
    return read_u16(bytes);
  }
  Result<std::uint32_t> u32() {
    QORGAN_TRY(const ByteView bytes, take(4));
    return read_u32(bytes);
  }
  // A number that is not negative.
  Result<std::int64_t> number() {
    QORGAN_TRY(const ByteView bytes, take(8));
    const std::uint64_t value = read_u64(bytes);
    if (value > INT64_MAX) return damaged("a history with a number that cannot be");
    return static_cast<std::int64_t>(value);
  }
  template <std::size_t N>
  Status array(std::array<std::uint8_t, N>& out) {
    QORGAN_TRY(const ByteView bytes, take(N));
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return {};
  }

 private:
  ByteView bytes_;
};

Result<std::vector<store::Finger>> read_fingers(Reader& reader) {
  QORGAN_TRY(const int count, reader.u8());
  if (count < 1 || count > limits::fingers_per_person_max) return damaged("a record with no number of fingers");
  std::vector<store::Finger> fingers;
  int previous = 0;
  for (int i = 0; i < count; ++i) {
    QORGAN_TRY(const int position, reader.u8());
    QORGAN_TRY(const std::size_t size, reader.u16());
    if (position <= previous || position > limits::fingers_per_person_max)
      return damaged("a record with fingers out of order");
    if (size == 0 || size > limits::share_bytes) return damaged("a share of another length");
    QORGAN_TRY(const ByteView share, reader.take(size));
    fingers.push_back({position, crypto::SecretBytes(share)});
    previous = position;
  }
  return fingers;
}

Result<Record> read_record(Reader& reader, const Operation& operation) {
  Record record;
  record.record_id = operation.record_id;
  record.enrolled_seq = operation.sequence;
  QORGAN_CHECK(reader.array(record.pseudonym));
  QORGAN_TRY(record.epoch, reader.number());
  QORGAN_CHECK(reader.array(record.access_key));
  QORGAN_TRY(const ByteView view_key, reader.take(crypto::Key::size_bytes));
  record.view_key = crypto::Key(view_key.first<crypto::Key::size_bytes>());
  QORGAN_TRY(record.flags, reader.u32());
  QORGAN_TRY(const std::size_t terms_bytes, reader.u16());
  if (terms_bytes > limits::stored_terms_bytes_max) return damaged("a record with terms that are too long");
  QORGAN_TRY(const ByteView terms, reader.take(terms_bytes));
  record.terms_json.assign(terms.begin(), terms.end());
  QORGAN_TRY(record.fingers, read_fingers(reader));
  return record;
}

Status read_fate(Reader& reader, const Operation& operation, History& history) {
  QORGAN_TRY(const int fate, reader.u8());
  if (fate == kLives) {
    QORGAN_TRY(Record record, read_record(reader, operation));
    history.records.push_back(std::move(record));
    return {};
  }
  if (fate != kErased) return damaged("an enrolment with no known end");
  Tombstone tombstone{operation.record_id, operation.sequence, 0};
  QORGAN_TRY(tombstone.erased_seq, reader.number());
  history.tombstones.push_back(tombstone);
  return {};
}

Status read_operation(Reader& reader, std::int64_t sequence, History& history) {
  Operation operation;
  operation.sequence = sequence;
  QORGAN_TRY(const int kind, reader.u8());
  if (kind > static_cast<int>(OperationKind::refresh)) return damaged("a decision of no known kind");
  operation.kind = static_cast<OperationKind>(kind);
  QORGAN_CHECK(reader.array(operation.request_id));
  QORGAN_CHECK(reader.array(operation.record_id));
  QORGAN_TRY(operation.first_seq, reader.number());
  QORGAN_TRY(operation.last_seq, reader.number());
  if (operation.kind == OperationKind::enrol) QORGAN_CHECK(read_fate(reader, operation, history));
  history.operations.push_back(operation);
  return {};
}

bool is_same_person(const Record& a, const Record& b) {
  const auto position = [](const store::Finger& finger) { return finger.position; };
  return a.record_id == b.record_id && a.pseudonym == b.pseudonym && a.epoch == b.epoch &&
         a.access_key == b.access_key && a.view_key == b.view_key && a.flags == b.flags &&
         std::ranges::equal(a.fingers, b.fingers, {}, position, position);
}

Result<std::string> earlier_terms(const std::string& a, const std::string& b) {
  QORGAN_TRY(const Terms first, parse_terms(a));
  QORGAN_TRY(const Terms second, parse_terms(b));
  const auto end = [](const Terms& terms) { return terms.keep_until_ms == 0 ? INT64_MAX : terms.keep_until_ms; };
  return end(second) < end(first) ? b : a;
}

// An opening is of its holder's own entry: it opens nothing in another log, and would outlive the record there.
Status drop_opening(Record& record) {
  QORGAN_TRY(Terms terms, parse_terms(record.terms_json));
  terms.enrolment_opening.clear();
  record.terms_json = terms.text();
  return {};
}

Result<Record> join_records(Record&& from_previous, const Record& from_next, int asker) {
  if (!is_same_person(from_previous, from_next)) return damaged("the two others keep different records");
  Record record = std::move(from_previous);
  QORGAN_TRY(record.terms_json, earlier_terms(record.terms_json, from_next.terms_json));
  QORGAN_CHECK(drop_opening(record));
  for (std::size_t i = 0; i < record.fingers.size(); ++i) {
    crypto::SecretBytes& own = record.fingers[i].share;
    const crypto::SecretBytes& next = from_next.fingers[i].share;
    const auto bytes_of = [](int share) { return share == 2 ? limits::share_bytes : crypto::Key::size_bytes; };
    if (own.size() != bytes_of(asker) || next.size() != bytes_of((asker + 1) % mpc::kParties))
      return damaged("a share of another length");
    own = mpc::serialise({asker, own.clone(), next.clone()});
  }
  return record;
}

}  // namespace

SharePart part_for(int asker, int holder) {
  QORGAN_ASSERT(asker != holder);
  // Custodian i holds x_i and x_(i+1): the one before it holds x_i as its next, the one after it x_(i+1) as its own.
  return (holder + 1) % mpc::kParties == asker ? SharePart::next : SharePart::own;
}

Status keep_part_only(History& history, int asker, int holder) {
  const SharePart part = part_for(asker, holder);
  for (Record& record : history.records) {
    QORGAN_CHECK(drop_opening(record));
    for (store::Finger& finger : record.fingers) {
      QORGAN_TRY(mpc::StoredShare share, mpc::parse_share(finger.share.expose(), holder));
      finger.share = std::move(part == SharePart::own ? share.own : share.next);
    }
  }
  return {};
}

net::Message history_answer(const History& history, std::int64_t applied) {
  net::Message message = plain_message(protocol::type::answer);
  std::int64_t count = 0;
  // Never moved by growing, which would leave a copy behind.
  message.body.reserve(limits::message_body_bytes_max);
  for (const Operation& operation : history.operations) {
    if (message.body.size() >= limits::keeping_bytes_per_turn) break;
    append_operation(message.body, operation, history);
    ++count;
  }
  message.head["count"] = count;
  message.head["applied"] = applied;
  return message;
}

Result<History> read_history(const net::Message& message, std::int64_t after) {
  QORGAN_TRY(const std::int64_t count, net::int_field(message.head, "count", 0, limits::history_operations_per_turn));
  Reader reader(message.body);
  History history;
  for (std::int64_t i = 1; i <= count; ++i) QORGAN_CHECK(read_operation(reader, after + i, history));
  if (!reader.at_end()) return damaged("a history with something behind it");
  return history;
}

Result<History> join_histories(History from_previous, History from_next, int asker) {
  const std::size_t count = std::min(from_previous.operations.size(), from_next.operations.size());
  History joined;
  auto record = from_previous.records.begin();
  auto other_record = from_next.records.begin();
  auto tombstone = from_previous.tombstones.begin();
  auto other_tombstone = from_next.tombstones.begin();
  for (std::size_t i = 0; i < count; ++i) {
    const Operation& operation = from_previous.operations[i];
    if (operation != from_next.operations[i]) return damaged("the two others keep different decisions");
    joined.operations.push_back(operation);
    if (operation.kind != OperationKind::enrol) continue;
    const auto is_next = [&](const auto& items, const auto& at) {
      return at != items.end() && at->enrolled_seq == operation.sequence;
    };
    if (is_next(from_previous.records, record) != is_next(from_next.records, other_record))
      return damaged("one of the two others has erased a record that the other one keeps");
    if (is_next(from_previous.records, record)) {
      QORGAN_TRY(Record whole, join_records(std::move(*record++), *other_record++, asker));
      joined.records.push_back(std::move(whole));
      continue;
    }
    if (tombstone->erased_seq != other_tombstone->erased_seq)
      return damaged("the two others erased a record at different times");
    joined.tombstones.push_back(*tombstone++);
    ++other_tombstone;
  }
  return joined;
}

}  // namespace qorgan::custodian
