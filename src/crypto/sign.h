// Signatures (Ed25519, RFC 8032, libsodium).
#pragma once

#include <array>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace qorgan::crypto {

using SignPublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

struct SignKeyPair {
  Secret<64> secret;
  SignPublicKey public_key{};
};

SignKeyPair make_sign_key_pair();
Signature sign(const SignKeyPair& key, ByteView message);
bool verify(const SignPublicKey& key, ByteView message, const Signature& signature);

}  // namespace qorgan::crypto
