// Fresh keys between two ends that have already authenticated one another (X25519, RFC 7748).
#pragma once

#include <array>
#include <string_view>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace qorgan::crypto {

using ExchangePublicKey = std::array<std::uint8_t, 32>;

struct ExchangeKeyPair {
  Key secret;
  ExchangePublicKey public_key{};
};

// Good for one session: make it, agree, let it go.
ExchangeKeyPair make_exchange_key_pair();

// The key both ends derive: HKDF-SHA-256 of the X25519 result, salted with both public keys in the order first, second
// (the two ends must agree on who is first) and bound to `context`. damaged: the other's key is a low-order point.
Result<Key> agree_key(const ExchangeKeyPair& own, const ExchangePublicKey& other, bool own_is_first,
                      std::string_view context);

}  // namespace qorgan::crypto
