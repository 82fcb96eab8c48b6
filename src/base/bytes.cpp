#include "base/bytes.h"

namespace qorgan {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

template <class T>
void append_integer(Bytes& out, T value) {
  for (std::size_t i = sizeof(T); i-- > 0;) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

template <class T>
T read_integer(ByteView bytes) {
  QORGAN_ASSERT(bytes.size() >= sizeof(T));
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>((value << 8) | bytes[i]);
  return value;
}

}  // namespace

std::string to_hex(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (std::uint8_t byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

Result<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return failure(ErrorCode::invalid_input, "a hexadecimal text has an odd number of digits");
  Bytes bytes(text.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = hex_digit(text[2 * i]);
    const int low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return failure(ErrorCode::invalid_input, "a hexadecimal text has another character in it");
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return bytes;
}

void append_u16(Bytes& out, std::uint16_t value) {
  append_integer(out, value);
}
void append_u32(Bytes& out, std::uint32_t value) {
  append_integer(out, value);
}
void append_u64(Bytes& out, std::uint64_t value) {
  append_integer(out, value);
}
std::uint16_t read_u16(ByteView bytes) {
  return read_integer<std::uint16_t>(bytes.first(2));
}
std::uint32_t read_u32(ByteView bytes) {
  return read_integer<std::uint32_t>(bytes.first(4));
}
std::uint64_t read_u64(ByteView bytes) {
  return read_integer<std::uint64_t>(bytes.first(8));
}

}  // namespace qorgan
