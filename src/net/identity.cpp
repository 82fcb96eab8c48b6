#include "net/identity.h"

#include <openssl/pem.h>

#include <array>

#include "crypto/hash.h"
#include "crypto/random.h"
#include "net/openssl.h"

namespace qorgan::net {
namespace {

// RFC 5280, 4.1.2.5: the date for "does not end". Neither date tells when the key was made.
constexpr const char* kValidFrom = "20000101000000Z";
constexpr const char* kValidUntil = "99991231235959Z";
// Sixty-four characters of UTF-8; OpenSSL counts the characters.
constexpr std::size_t kCommonNameBytesMax = 256;
// RFC 5280, 4.1.2.2: positive and at most 20 bytes.
constexpr std::size_t kSerialBytes = 16;

bool set_serial(X509& certificate) {
  Bytes serial = crypto::random_bytes(kSerialBytes);
  serial[0] = static_cast<std::uint8_t>((serial[0] & 0x7f) | 0x40);
  BIGNUM* number = BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr);
  const bool set = number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(&certificate)) != nullptr;
  BN_free(number);
  return set;
}

bool set_name(X509& certificate, std::string_view common_name) {
  if (common_name.empty() || common_name.size() > kCommonNameBytesMax) return false;
  X509_NAME* name = X509_get_subject_name(&certificate);
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.data());
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, static_cast<int>(common_name.size()), -1, 0) ==
             1 &&
         X509_set_issuer_name(&certificate, name) == 1;
}

Result<CertificatePtr> make_certificate(EVP_PKEY& key, std::string_view common_name) {
  CertificatePtr certificate(X509_new());
  if (!certificate) return openssl_failure("a TLS certificate cannot be made");
  if (!set_name(*certificate, common_name)) {
    ERR_clear_error();
    return failure(ErrorCode::invalid_input, "a certificate's name is UTF-8 of 1 to 64 characters");
  }
  const bool made = X509_set_version(certificate.get(), X509_VERSION_3) == 1 && set_serial(*certificate) &&
                    ASN1_TIME_set_string(X509_getm_notBefore(certificate.get()), kValidFrom) == 1 &&
                    ASN1_TIME_set_string(X509_getm_notAfter(certificate.get()), kValidUntil) == 1 &&
                    X509_set_pubkey(certificate.get(), &key) == 1 &&
                    X509_sign(certificate.get(), &key, EVP_sha256()) != 0;
  if (!made) return openssl_failure("a TLS certificate cannot be made");
  return certificate;
}

Result<TlsIdentity> assemble(KeyPtr key, CertificatePtr certificate) {
  auto state = std::make_shared<TlsIdentity::State>();
  state->pin = pin_of(*certificate);
  QORGAN_TRY(state->context, make_ssl_context(*key, *certificate));
  state->key = std::move(key);
  state->certificate = std::move(certificate);
  return TlsIdentity(std::move(state));
}

// Without one, OpenSSL would ask for a password on the terminal.
int no_password(char*, int, int, void*) {
  return -1;
}

bool is_p256(EVP_PKEY& key) {
  std::array<char, 32> group{};
  return EVP_PKEY_get_base_id(&key) == EVP_PKEY_EC &&
         EVP_PKEY_get_group_name(&key, group.data(), group.size(), nullptr) == 1 &&
         std::string_view(group.data()) == "prime256v1";
}

tl::unexpected<Error> damaged(std::string what, const std::string& name) {
  ERR_clear_error();
  return failure(ErrorCode::damaged, std::move(what), name, "Restore the file from a copy, or make a new identity");
}

}  // namespace

const Pin& TlsIdentity::pin() const {
  return state_->pin;
}

Result<crypto::SecretBytes> TlsIdentity::to_pem() const {
  // The key goes through OpenSSL's secure-heap BIO, which wipes what it held.
  BioPtr bio(BIO_new(BIO_s_secmem()));
  const bool written =
      bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), state_->key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1 &&
      PEM_write_bio_X509(bio.get(), state_->certificate.get()) == 1;
  if (!written) return openssl_failure("a TLS identity cannot be written as PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return crypto::SecretBytes(as_bytes({data, static_cast<std::size_t>(size)}));
}

Pin pin_of(X509& certificate) {
  unsigned char* encoded = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(&certificate), &encoded);
  if (size <= 0) return {};
  const crypto::Digest digest = crypto::sha256({encoded, static_cast<std::size_t>(size)});
  OPENSSL_free(encoded);
  return to_hex(digest);
}

Result<TlsIdentity> make_tls_identity(std::string_view common_name) {
  KeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return openssl_failure("a TLS key cannot be made");
  QORGAN_TRY(CertificatePtr certificate, make_certificate(*key, common_name));
  return assemble(std::move(key), std::move(certificate));
}

Result<TlsIdentity> tls_identity_from_pem(ByteView pem, const std::string& name) {
  BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  KeyPtr key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr) : nullptr);
  if (!key) return damaged("a TLS identity has no private key that can be read", name);
  CertificatePtr certificate(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
  if (!certificate) return damaged("a TLS identity has no certificate that can be read", name);
  if (!is_p256(*key)) return damaged("a TLS identity's key is not ECDSA P-256", name);
  if (X509_check_private_key(certificate.get(), key.get()) != 1)
    return damaged("a TLS identity's key and certificate do not belong together", name);
  return assemble(std::move(key), std::move(certificate));
}

}  // namespace qorgan::net
