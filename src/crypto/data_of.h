// Libsodium declares its pointers never to be null, also where there are no bytes to read.
#pragma once

#include "base/bytes.h"

namespace qorgan::crypto {

inline const std::uint8_t* data_of(ByteView bytes) {
  static constexpr std::uint8_t nothing = 0;
  return bytes.empty() ? &nothing : bytes.data();
}

}  // namespace qorgan::crypto
