// Hashes and key derivation.
#pragma once

#include <array>
#include <string_view>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace qorgan::crypto {

using Digest = std::array<std::uint8_t, 32>;

// SHA-256 (FIPS 180-4).
Digest sha256(ByteView bytes);
// SHA-512 (FIPS 180-4).
std::array<std::uint8_t, 64> sha512(ByteView bytes);
// HMAC-SHA-256 (RFC 2104), for tags that a key's holders alone can make.
Digest hmac_sha256(ByteView key, ByteView bytes);
// HKDF-SHA-256 (RFC 5869) with the given salt and info: 32 bytes.
Key derive_key(ByteView input_key, ByteView salt, std::string_view info);

}  // namespace qorgan::crypto
