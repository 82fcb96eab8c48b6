// How rows are written before they are sealed or tagged: numbers, and each byte string behind its length.
#pragma once

#include <string_view>

#include "store/keys.h"

namespace qorgan::store {

void append(Bytes& out, ByteView bytes);
void append_i64(Bytes& out, std::int64_t value);
// Behind its length in 4 bytes.
void append_string(Bytes& out, ByteView bytes);

// What every context and tag begins with: the kind of row, and whose file it stands in.
Bytes begin_context(std::string_view what, const Owner& owner);

// Secret fields in a buffer of the size that they need, so that no copy of them is left behind.
class FieldWriter {
 public:
  explicit FieldWriter(std::size_t size) : bytes_(size) {}
  void add(ByteView bytes);
  void add_i64(std::int64_t value);
  void add_string(ByteView bytes);
  // All must be written.
  const crypto::SecretBytes& finish() const;

 private:
  crypto::SecretBytes bytes_;
  std::size_t at_ = 0;
};

// damaged where the bytes are not as the writer leaves them.
class FieldReader {
 public:
  explicit FieldReader(ByteView bytes) : left_(bytes) {}
  Result<ByteView> take(std::size_t size);
  Result<std::int64_t> take_i64();
  Result<ByteView> take_string();
  Result<std::string> take_text();
  Status finish() const;

 private:
  ByteView left_;
};

}  // namespace qorgan::store
