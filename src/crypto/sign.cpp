#include "crypto/sign.h"

#include <sodium.h>

namespace qorgan::crypto {

SignKeyPair make_sign_key_pair() {
  SignKeyPair pair;
  QORGAN_ASSERT(crypto_sign_keypair(pair.public_key.data(), pair.secret.expose_mutable().data()) == 0);
  return pair;
}

SignKeyPair sign_key_pair_from_seed(const Key& seed) {
  SignKeyPair pair;
  QORGAN_ASSERT(
      crypto_sign_seed_keypair(pair.public_key.data(), pair.secret.expose_mutable().data(), seed.expose().data()) == 0);
  return pair;
}

Signature sign(const SignKeyPair& key, ByteView message) {
  Signature signature{};
  QORGAN_ASSERT(
      crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), key.secret.expose().data()) == 0);
  return signature;
}

bool verify(const SignPublicKey& key, ByteView message, const Signature& signature) {
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(), key.data()) == 0;
}

}  // namespace qorgan::crypto
