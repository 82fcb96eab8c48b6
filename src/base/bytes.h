// Byte spans and their text forms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace qorgan {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using MutableByteView = std::span<std::uint8_t>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Lower-case hexadecimal.
std::string to_hex(ByteView bytes);
// Accepts either case, an even number of digits and nothing else; invalid_input otherwise.
Result<Bytes> from_hex(std::string_view text);

// Standard Base 64 with padding (RFC 4648, section 4).
std::string to_base64(ByteView bytes);
// Accepts exactly what to_base64 writes: no line ends, no missing padding, no stray bits in the last character;
// invalid_input otherwise.
Result<Bytes> from_base64(std::string_view text);

// Big-endian integers, appended to or read from the front of a byte sequence.
void append_u16(Bytes& out, std::uint16_t value);
void append_u32(Bytes& out, std::uint32_t value);
void append_u64(Bytes& out, std::uint64_t value);
// The caller has checked that enough bytes are there (asserted).
std::uint16_t read_u16(ByteView bytes);
std::uint32_t read_u32(ByteView bytes);
std::uint64_t read_u64(ByteView bytes);

}  // namespace qorgan
