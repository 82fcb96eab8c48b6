// What a program proves itself by over TLS: a key and a self-signed certificate, known to others by the key's pin.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace qorgan::net {

// SHA-256 of the certificate's SubjectPublicKeyInfo (RFC 7469, 2.4) as 64 lower-case hexadecimal digits.
using Pin = std::string;

// An ECDSA P-256 key and its certificate. Copies share them; usable from several threads at once.
class TlsIdentity {
 public:
  struct State;
  explicit TlsIdentity(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  const Pin& pin() const;
  // PKCS #8 private key, then the certificate, in PEM (RFC 7468).
  Result<crypto::SecretBytes> to_pem() const;
  const State& state() const { return *state_; }

 private:
  std::shared_ptr<const State> state_;
};

// A fresh identity. common_name (1..64 characters, RFC 5280, appendix A.1) is for people who look at the certificate:
// it proves nothing. The certificate does not expire: trust ends when the pin leaves the network file. Errors:
// invalid_input (common_name), internal.
Result<TlsIdentity> make_tls_identity(std::string_view common_name);

// The reverse of to_pem(); `name` stands in errors. damaged: no key, no certificate, an encrypted key, a key that is
// not ECDSA P-256, or two that do not belong together.
Result<TlsIdentity> tls_identity_from_pem(ByteView pem, const std::string& name);

// Errors: as read_file; damaged as above; refused where others than the owner may read the file.
Result<TlsIdentity> load_tls_identity(const std::filesystem::path& path);
// Writes the PEM with mode 0600, whole or not at all. Errors: already_exists (a key is not overwritten), and as
// write_file_atomically.
Status save_tls_identity(const TlsIdentity& identity, const std::filesystem::path& path);

}  // namespace qorgan::net
