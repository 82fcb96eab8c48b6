// Who can sign with a key without showing it: a key in this process, or one on a token (crypto/pkcs11.h).
#pragma once

#include "crypto/sign.h"

namespace qorgan::crypto {

class Signer {
 public:
  Signer() = default;
  virtual ~Signer() = default;
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;

  virtual const SignPublicKey& public_key() const = 0;
  // Ed25519 over the message itself. Errors, of tokens alone: unavailable, refused.
  virtual Result<Signature> sign(ByteView message) = 0;
};

// Thread-safe.
class KeySigner final : public Signer {
 public:
  explicit KeySigner(SignKeyPair key) : key_(std::move(key)) {}

  const SignPublicKey& public_key() const override { return key_.public_key; }
  Result<Signature> sign(ByteView message) override { return crypto::sign(key_, message); }

 private:
  SignKeyPair key_;
};

}  // namespace qorgan::crypto
