// Authenticated encryption of what is stored (XChaCha20-Poly1305, libsodium).
#pragma once

#include "base/bytes.h"
#include "crypto/secret.h"

namespace qorgan::crypto {

// 24 random nonce bytes and 16 tag bytes.
inline constexpr std::size_t seal_overhead_bytes = 24 + 16;

// nonce || ciphertext || tag, bound to `context` (what the bytes are and whose: the same context opens it).
Bytes seal(const Key& key, ByteView plain, ByteView context);
// damaged: wrong key, wrong context, or a changed byte.
Result<SecretBytes> unseal(const Key& key, ByteView sealed, ByteView context);

}  // namespace qorgan::crypto
