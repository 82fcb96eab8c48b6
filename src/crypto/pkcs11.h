// Ed25519 keys on tokens (PKCS #11 v3.0, CKM_EDDSA): they sign there and never leave.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "crypto/secret.h"
#include "crypto/signer.h"

namespace qorgan::crypto {

struct TokenKey {
  std::filesystem::path module;  // the token's library, for example libsofthsm2.so
  std::string token;             // label of the token
  std::string key;               // label (CKA_LABEL) of both halves of the key
};

// Thread-safe. Keeps one session, logged in, until it ends. A process is logged in to a token as a whole: while one
// signer lives, opening another at the same token does not look at the PIN.
class Pkcs11Signer final : public Signer {
 public:
  // Errors: not_found (no such module, token or key), refused (wrong or locked PIN), invalid_input (two tokens or keys
  // of that label, a key that is not Ed25519, a module that is none), unavailable (the token fails).
  static Result<std::unique_ptr<Pkcs11Signer>> open(const TokenKey& where, const SecretBytes& pin);
  // Makes a new key on the token, which cannot be taken out of it, and opens it. Errors: as open(); already_exists.
  static Result<std::unique_ptr<Pkcs11Signer>> create(const TokenKey& where, const SecretBytes& pin);
  ~Pkcs11Signer() override;

  const SignPublicKey& public_key() const override;
  // What the token gives is verified before it is given on. Errors: unavailable (the token was taken out), refused (it
  // does not allow this key to sign), damaged (the signature is not the public key's).
  Result<Signature> sign(ByteView message) override;

 private:
  struct State;
  explicit Pkcs11Signer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace qorgan::crypto
