// Signatures (Ed25519, RFC 8032, libsodium).
#pragma once

#include <array>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace qorgan::crypto {

using SignPublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

// The secret is the 32-byte seed of RFC 8032 followed by the public key, as libsodium keeps it.
struct SignKeyPair {
  Secret<64> secret;
  SignPublicKey public_key{};
};

// From fresh random bytes.
SignKeyPair make_sign_key_pair();
// From its 32-byte seed (RFC 8032, 5.1.5): the same seed gives the same pair.
SignKeyPair sign_key_pair_from_seed(const Key& seed);
// Deterministic: the same key and message give the same signature (RFC 8032, 5.1.6).
Signature sign(const SignKeyPair& key, ByteView message);
// False for a wrong signature, and always for a public key or signature point of low order or not in canonical form.
bool verify(const SignPublicKey& key, ByteView message, const Signature& signature);

}  // namespace qorgan::crypto
