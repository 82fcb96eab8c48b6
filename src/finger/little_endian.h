// Integers of picture files whose bytes stand lowest first.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace qorgan::finger {

// The caller has checked that the bytes are there (asserted).
inline std::uint16_t read_u16_low_first(ByteView bytes) {
  QORGAN_ASSERT(bytes.size() >= 2);
  return static_cast<std::uint16_t>(bytes[0] | bytes[1] << 8);
}

inline std::uint32_t read_u32_low_first(ByteView bytes) {
  QORGAN_ASSERT(bytes.size() >= 4);
  return static_cast<std::uint32_t>(read_u16_low_first(bytes)) |
         static_cast<std::uint32_t>(read_u16_low_first(bytes.subspan(2))) << 16;
}

}  // namespace qorgan::finger
