#include "store/fields.h"

#include <algorithm>

namespace qorgan::store {

void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_i64(Bytes& out, std::int64_t value) {
  append_u64(out, static_cast<std::uint64_t>(value));
}

void append_string(Bytes& out, ByteView bytes) {
  append_u32(out, static_cast<std::uint32_t>(bytes.size()));
  append(out, bytes);
}

Bytes begin_context(std::string_view what, const Owner& owner) {
  Bytes out(what.begin(), what.end());
  out.push_back(0);
  append(out, owner.network_id);
  append_i64(out, owner.custodian);
  return out;
}

void FieldWriter::add(ByteView bytes) {
  QORGAN_ASSERT(bytes.size() <= bytes_.size() - at_);
  std::copy(bytes.begin(), bytes.end(), bytes_.expose_mutable().subspan(at_).begin());
  at_ += bytes.size();
}

void FieldWriter::add_i64(std::int64_t value) {
  Bytes bytes;
  append_i64(bytes, value);
  add(bytes);
}

void FieldWriter::add_string(ByteView bytes) {
  Bytes size;
  append_u32(size, static_cast<std::uint32_t>(bytes.size()));
  add(size);
  add(bytes);
}

const crypto::SecretBytes& FieldWriter::finish() const {
  QORGAN_ASSERT(at_ == bytes_.size());
  return bytes_;
}

Result<ByteView> FieldReader::take(std::size_t size) {
  if (size > left_.size()) return failure(ErrorCode::damaged, "a stored row ends too early");
  const ByteView taken = left_.first(size);
  left_ = left_.subspan(size);
  return taken;
}

Result<std::int64_t> FieldReader::take_i64() {
  QORGAN_TRY(const ByteView bytes, take(8));
  return static_cast<std::int64_t>(read_u64(bytes));
}

Result<ByteView> FieldReader::take_string() {
  QORGAN_TRY(const ByteView size, take(4));
  return take(read_u32(size));
}

Result<std::string> FieldReader::take_text() {
  QORGAN_TRY(const ByteView bytes, take_string());
  return std::string(bytes.begin(), bytes.end());
}

Status FieldReader::finish() const {
  if (left_.empty()) return {};
  return failure(ErrorCode::damaged, "a stored row is too long");
}

}  // namespace qorgan::store
