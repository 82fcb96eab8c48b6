#include "store/keys.h"

#include <algorithm>

#include "base/limits.h"
#include "crypto/seal.h"

namespace qorgan::store {
namespace {

void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_i64(Bytes& out, std::int64_t value) {
  append_u64(out, static_cast<std::uint64_t>(value));
}

Bytes context(std::string_view what, const Owner& owner) {
  Bytes out(what.begin(), what.end());
  out.push_back(0);
  append(out, owner.network_id);
  append_i64(out, owner.custodian);
  return out;
}

// The stored form of a request's inner fields: numbers, then each string behind its length.
class FieldWriter {
 public:
  explicit FieldWriter(std::size_t size) : bytes_(size) {}
  void add(ByteView bytes) {
    QORGAN_ASSERT(bytes.size() <= bytes_.size() - at_);
    std::copy(bytes.begin(), bytes.end(), bytes_.expose_mutable().subspan(at_).begin());
    at_ += bytes.size();
  }
  void add_i64(std::int64_t value) {
    Bytes bytes;
    append_i64(bytes, value);
    add(bytes);
  }
  void add_string(ByteView bytes) {
    Bytes size;
    append_u32(size, static_cast<std::uint32_t>(bytes.size()));
    add(size);
    add(bytes);
  }
  const crypto::SecretBytes& finish() const {
    QORGAN_ASSERT(at_ == bytes_.size());
    return bytes_;
  }

 private:
  crypto::SecretBytes bytes_;
  std::size_t at_ = 0;
};

class FieldReader {
 public:
  explicit FieldReader(ByteView bytes) : left_(bytes) {}
  Result<ByteView> take(std::size_t size) {
    if (size > left_.size()) return failure(ErrorCode::damaged, "a stored request ends too early");
    const ByteView taken = left_.first(size);
    left_ = left_.subspan(size);
    return taken;
  }
  Result<std::int64_t> take_i64() {
    QORGAN_TRY(const ByteView bytes, take(8));
    return static_cast<std::int64_t>(read_u64(bytes));
  }
  Result<ByteView> take_string() {
    QORGAN_TRY(const ByteView size, take(4));
    return take(read_u32(size));
  }
  Result<std::string> take_text() {
    QORGAN_TRY(const ByteView bytes, take_string());
    return std::string(bytes.begin(), bytes.end());
  }
  Status finish() const {
    if (left_.empty()) return {};
    return failure(ErrorCode::damaged, "a stored request is too long");
  }

 private:
  ByteView left_;
};

std::size_t field_bytes(const RequestRow& row) {
  return row.digest.size() + 2 * 8 + 4 * 4 + row.request_json.size() + row.payload.size() + row.result.size() +
         row.error_json.size();
}

}  // namespace

Keys::Keys(const crypto::Key& storage_key, const Owner& owner)
    : owner_(owner),
      wrapping_(crypto::derive_key(storage_key.expose(), {}, "qorgan/v1/store/record keys")),
      requests_(crypto::derive_key(storage_key.expose(), {}, "qorgan/v1/store/requests")),
      rows_(crypto::derive_key(storage_key.expose(), {}, "qorgan/v1/store/rows")) {
  const crypto::Key id = crypto::derive_key(storage_key.expose(), {}, "qorgan/v1/store/key id");
  std::copy_n(id.expose().begin(), id_.size(), id_.begin());
}

Bytes Keys::place_of(const RecordHead& head) const {
  Bytes place = context("record key", owner_);
  append_i64(place, head.enrolled_seq);
  append(place, head.record_id);
  append(place, head.pseudonym);
  append_i64(place, head.positions);
  return place;
}

Bytes Keys::place_of_share(const Id& record_id, int position) const {
  Bytes place = context("share", owner_);
  append(place, record_id);
  append_i64(place, position);
  return place;
}

Bytes Keys::place_of_request(const Id& request_id, RequestState state, std::int64_t updated_ms) const {
  Bytes place = context("request", owner_);
  append(place, request_id);
  append_i64(place, static_cast<std::int64_t>(state));
  append_i64(place, updated_ms);
  return place;
}

Bytes Keys::wrap(const crypto::Key& record_key, const RecordHead& head) const {
  return crypto::seal(wrapping_, record_key.expose(), place_of(head));
}

Result<crypto::Key> Keys::unwrap(ByteView wrapped, const RecordHead& head) const {
  QORGAN_TRY(const crypto::SecretBytes key, crypto::unseal(wrapping_, wrapped, place_of(head)));
  if (key.size() != crypto::Key::size_bytes) return failure(ErrorCode::damaged, "a record key has another length");
  return crypto::Key(key.expose().first<crypto::Key::size_bytes>());
}

Bytes Keys::seal_share(const crypto::Key& record_key, const Id& record_id, const Finger& finger) const {
  return crypto::seal(record_key, finger.share.expose(), place_of_share(record_id, finger.position));
}

Result<crypto::SecretBytes> Keys::unseal_share(const crypto::Key& record_key, const Id& record_id, int position,
                                               ByteView sealed) const {
  return crypto::unseal(record_key, sealed, place_of_share(record_id, position));
}

Bytes Keys::seal_request(const RequestRow& row) const {
  FieldWriter fields(field_bytes(row));
  fields.add(row.digest);
  fields.add_i64(row.sequence);
  fields.add_i64(row.compared);
  fields.add_string(as_bytes(row.request_json));
  fields.add_string(row.payload.expose());
  fields.add_string(row.result.expose());
  fields.add_string(as_bytes(row.error_json));
  return crypto::seal(requests_, fields.finish().expose(), place_of_request(row.request_id, row.state, row.updated_ms));
}

Result<RequestRow> Keys::unseal_request(const Id& request_id, RequestState state, std::int64_t updated_ms,
                                        ByteView sealed) const {
  QORGAN_TRY(const crypto::SecretBytes plain,
             crypto::unseal(requests_, sealed, place_of_request(request_id, state, updated_ms)));
  FieldReader fields(plain.expose());
  RequestRow row;
  row.request_id = request_id;
  row.state = state;
  row.updated_ms = updated_ms;
  QORGAN_TRY(const ByteView digest, fields.take(row.digest.size()));
  std::copy(digest.begin(), digest.end(), row.digest.begin());
  QORGAN_TRY(row.sequence, fields.take_i64());
  QORGAN_TRY(row.compared, fields.take_i64());
  QORGAN_TRY(row.request_json, fields.take_text());
  QORGAN_TRY(const ByteView payload, fields.take_string());
  row.payload = crypto::SecretBytes(payload);
  QORGAN_TRY(const ByteView result, fields.take_string());
  row.result = crypto::SecretBytes(result);
  QORGAN_TRY(row.error_json, fields.take_text());
  QORGAN_CHECK(fields.finish());
  return row;
}

crypto::Digest Keys::tag(const Operation& operation) const {
  Bytes row = context("operation", owner_);
  append_i64(row, operation.sequence);
  append_i64(row, static_cast<std::int64_t>(operation.kind));
  append(row, operation.request_id);
  append(row, operation.record_id);
  return crypto::hmac_sha256(rows_.expose(), row);
}

crypto::Digest Keys::tag(const Tombstone& tombstone) const {
  Bytes row = context("tombstone", owner_);
  append(row, tombstone.record_id);
  append_i64(row, tombstone.enrolled_seq);
  append_i64(row, tombstone.erased_seq);
  return crypto::hmac_sha256(rows_.expose(), row);
}

crypto::Digest Keys::head_tag(const Owner& owner, std::int64_t applied) const {
  Bytes row = context("head", owner);
  append_i64(row, applied);
  return crypto::hmac_sha256(rows_.expose(), row);
}

}  // namespace qorgan::store
