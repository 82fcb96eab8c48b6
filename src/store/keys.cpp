#include "store/keys.h"

#include <algorithm>

#include "base/limits.h"
#include "crypto/seal.h"
#include "store/fields.h"

namespace qorgan::store {
namespace {

Bytes place_of(const RecordHead& head, const Owner& owner) {
  Bytes place = begin_context("record key", owner);
  append_i64(place, head.enrolled_seq);
  append(place, head.record_id);
  append(place, head.pseudonym);
  append_i64(place, head.positions);
  append_i64(place, head.epoch);
  append(place, head.access_key);
  return place;
}

Bytes place_in_record(std::string_view what, const RecordHead& head, const Owner& owner) {
  Bytes place = begin_context(what, owner);
  append(place, head.record_id);
  append_i64(place, head.epoch);
  return place;
}

Bytes place_of_share(const RecordHead& head, int position, const Owner& owner) {
  Bytes place = place_in_record("share", head, owner);
  append_i64(place, position);
  return place;
}

Bytes place_of_opening(const Entry& entry, const Owner& owner) {
  Bytes place = begin_context("opening", owner);
  append_i64(place, entry.number);
  append(place, entry.request_id);
  append_i64(place, entry.record_seq);
  append_i64(place, entry.event);
  return place;
}

Bytes place_of_request(const Id& request_id, RequestState state, std::int64_t updated_ms, const Owner& owner) {
  Bytes place = begin_context("request", owner);
  append(place, request_id);
  append_i64(place, static_cast<std::int64_t>(state));
  append_i64(place, updated_ms);
  return place;
}

std::size_t field_bytes(const RequestRow& row) {
  return row.digest.size() + 2 * 8 + 4 * 4 + row.request_json.size() + row.payload.size() + row.result.size() +
         row.error_json.size();
}

Result<crypto::Key> to_key(ByteView bytes) {
  if (bytes.size() != crypto::Key::size_bytes) return failure(ErrorCode::damaged, "a stored key has another length");
  return crypto::Key(bytes.first<crypto::Key::size_bytes>());
}

}  // namespace

Keys::Keys(const crypto::Key& storage_key, const Owner& owner)
    : owner_(owner),
      wrapping_(crypto::derive_key(storage_key.expose(), {}, "qorgan/v1/store/record keys")),
      openings_(crypto::derive_key(storage_key.expose(), {}, "qorgan/v1/store/openings")),
      requests_(crypto::derive_key(storage_key.expose(), {}, "qorgan/v1/store/requests")),
      rows_(crypto::derive_key(storage_key.expose(), {}, "qorgan/v1/store/rows")) {
  const crypto::Key id = crypto::derive_key(storage_key.expose(), {}, "qorgan/v1/store/key id");
  std::copy_n(id.expose().begin(), id_.size(), id_.begin());
}

Bytes Keys::wrap(const crypto::Key& record_key, const RecordHead& head) const {
  return crypto::seal(wrapping_, record_key.expose(), place_of(head, owner_));
}

Result<crypto::Key> Keys::unwrap(ByteView wrapped, const RecordHead& head) const {
  QORGAN_TRY(const crypto::SecretBytes key, crypto::unseal(wrapping_, wrapped, place_of(head, owner_)));
  return to_key(key.expose());
}

Bytes Keys::seal_details(const crypto::Key& record_key, const RecordHead& head, const Details& details) const {
  FieldWriter fields(2 * crypto::Key::size_bytes + 4 + details.terms_json.size());
  fields.add(details.entries_key.expose());
  fields.add(details.view_key.expose());
  fields.add_string(as_bytes(details.terms_json));
  return crypto::seal(record_key, fields.finish().expose(), place_in_record("details", head, owner_));
}

Result<Details> Keys::unseal_details(const crypto::Key& record_key, const RecordHead& head, ByteView sealed) const {
  QORGAN_TRY(const crypto::SecretBytes plain,
             crypto::unseal(record_key, sealed, place_in_record("details", head, owner_)));
  FieldReader fields(plain.expose());
  Details details;
  QORGAN_TRY(const ByteView entries_key, fields.take(crypto::Key::size_bytes));
  QORGAN_TRY(details.entries_key, to_key(entries_key));
  QORGAN_TRY(const ByteView view_key, fields.take(crypto::Key::size_bytes));
  QORGAN_TRY(details.view_key, to_key(view_key));
  QORGAN_TRY(details.terms_json, fields.take_text());
  QORGAN_CHECK(fields.finish());
  return details;
}

Bytes Keys::seal_share(const crypto::Key& record_key, const RecordHead& head, const Finger& finger) const {
  return crypto::seal(record_key, finger.share.expose(), place_of_share(head, finger.position, owner_));
}

Result<crypto::SecretBytes> Keys::unseal_share(const crypto::Key& record_key, const RecordHead& head, int position,
                                               ByteView sealed) const {
  return crypto::unseal(record_key, sealed, place_of_share(head, position, owner_));
}

Bytes Keys::seal_opening(const crypto::Key& key, const Entry& entry) const {
  return crypto::seal(key, entry.opening.expose(), place_of_opening(entry, owner_));
}

Result<crypto::SecretBytes> Keys::unseal_opening(const crypto::Key& key, const Entry& entry, ByteView sealed) const {
  return crypto::unseal(key, sealed, place_of_opening(entry, owner_));
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
  return crypto::seal(requests_, fields.finish().expose(),
                      place_of_request(row.request_id, row.state, row.updated_ms, owner_));
}

Result<RequestRow> Keys::unseal_request(const Id& request_id, RequestState state, std::int64_t updated_ms,
                                        ByteView sealed) const {
  QORGAN_TRY(const crypto::SecretBytes plain,
             crypto::unseal(requests_, sealed, place_of_request(request_id, state, updated_ms, owner_)));
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

}  // namespace qorgan::store
