// The tags of rows (keys.h).
#include "store/fields.h"
#include "store/keys.h"

namespace qorgan::store {

crypto::Digest Keys::tag(const Operation& operation) const {
  Bytes row = begin_context("operation", owner_);
  append_i64(row, operation.sequence);
  append_i64(row, static_cast<std::int64_t>(operation.kind));
  append(row, operation.request_id);
  append(row, operation.record_id);
  append_i64(row, operation.first_seq);
  append_i64(row, operation.last_seq);
  return crypto::hmac_sha256(rows_.expose(), row);
}

crypto::Digest Keys::tag(const Tombstone& tombstone) const {
  Bytes row = begin_context("tombstone", owner_);
  append(row, tombstone.record_id);
  append_i64(row, tombstone.enrolled_seq);
  append_i64(row, tombstone.erased_seq);
  return crypto::hmac_sha256(rows_.expose(), row);
}

crypto::Digest Keys::tag_of_flags(std::int64_t enrolled_seq, std::uint32_t flags) const {
  Bytes row = begin_context("flags", owner_);
  append_i64(row, enrolled_seq);
  append_i64(row, flags);
  return crypto::hmac_sha256(rows_.expose(), row);
}

crypto::Digest Keys::tag(const Entry& entry, ByteView sealed_opening) const {
  Bytes row = begin_context("entry", owner_);
  append_i64(row, entry.number);
  append(row, entry.request_id);
  append_i64(row, entry.record_seq);
  append_i64(row, entry.event);
  append_i64(row, entry.time_ms);
  append_string(row, as_bytes(entry.leaf));
  append_string(row, sealed_opening);
  append_i64(row, entry.index ? 1 : 0);
  append_i64(row, entry.index.value_or(0));
  return crypto::hmac_sha256(rows_.expose(), row);
}

crypto::Digest Keys::tag(const WarrantUse& use) const {
  Bytes row = begin_context("warrant use", owner_);
  append(row, use.warrant_id);
  append(row, use.request_id);
  return crypto::hmac_sha256(rows_.expose(), row);
}

crypto::Digest Keys::tag(std::int64_t number, const Notice& notice) const {
  Bytes row = begin_context("notice", owner_);
  append_i64(row, number);
  append(row, notice.record_id);
  append(row, notice.request_id);
  append_string(row, as_bytes(notice.party));
  append_i64(row, static_cast<std::int64_t>(notice.answered.size()));
  for (const Id& request_id : notice.answered) append(row, request_id);
  append_i64(row, notice.told_ms);
  append_i64(row, notice.acknowledged_ms);
  return crypto::hmac_sha256(rows_.expose(), row);
}

crypto::Digest Keys::tag_of_note(std::string_view name, std::string_view text) const {
  Bytes row = begin_context("note", owner_);
  append_string(row, as_bytes(name));
  append_string(row, as_bytes(text));
  return crypto::hmac_sha256(rows_.expose(), row);
}

crypto::Digest Keys::hidden_name(std::string_view name) const {
  Bytes row = begin_context("hidden name", owner_);
  append_string(row, as_bytes(name));
  return crypto::hmac_sha256(rows_.expose(), row);
}

crypto::Digest Keys::head_tag(const Owner& owner, const Counts& counts) const {
  Bytes row = begin_context("head", owner);
  for (const std::int64_t count : {counts.applied, counts.recovering, counts.last_entry, counts.entries,
                                   counts.warrant_uses, counts.notices, counts.notes})
    append_i64(row, count);
  return crypto::hmac_sha256(rows_.expose(), row);
}

}  // namespace qorgan::store
