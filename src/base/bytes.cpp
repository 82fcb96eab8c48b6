#include "base/bytes.h"

#include <algorithm>

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

std::string to_base64(ByteView bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) group = group << 8 | (i < count ? bytes[at + i] : 0U);
    for (std::size_t i = 0; i < 4; ++i) out += i <= count ? kDigits[group >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

Result<Bytes> from_base64(std::string_view text) {
  const auto wrong = [] { return failure(ErrorCode::invalid_input, "not a Base 64 text"); };
  if (text.size() % 4 != 0) return wrong();
  const auto value = [](char c) -> int {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
  };
  Bytes out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t at = 0; at < text.size(); at += 4) {
    std::size_t digits = 4;
    if (at + 4 == text.size()) digits = text[at + 3] != '=' ? 4 : text[at + 2] != '=' ? 3 : 2;
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const int digit = i < digits ? value(text[at + i]) : 0;
      if (digit < 0) return wrong();
      group = group << 6 | static_cast<std::uint32_t>(digit);
    }
    for (std::size_t i = 0; i < 3; ++i) {
      const auto byte = static_cast<std::uint8_t>(group >> (16 - 8 * i));
      if (i + 1 < digits) {
        out.push_back(byte);
      } else if (byte != 0) {
        return wrong();  // two texts must not stand for the same bytes
      }
    }
  }
  return out;
}

}  // namespace qorgan
