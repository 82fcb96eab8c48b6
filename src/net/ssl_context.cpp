#include "net/pin_check.h"
#include "net/tls_stream.h"

namespace qorgan::net {
namespace {

// AES first: the processors that this runs on have instructions for it. Over a ring on one machine AES-256 and ChaCha20
// were both less than a tenth slower.
constexpr const char* kCipherSuites = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256";
constexpr const char* kSignatures = "ECDSA+SHA256";
// One self-signed P-256 certificate is about 400 bytes.
constexpr std::size_t kCertificateBytesMax = 4096;

// Takes the place of OpenSSL's chain of authorities: a peer is who holds the key of a known pin. That it does hold the
// key, TLS itself proves (RFC 8446, 4.4.3).
int check_pin(X509_STORE_CTX* store, void*) {
  const auto* ssl = static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* check = ssl == nullptr ? nullptr : static_cast<PinCheck*>(SSL_get_app_data(ssl));
  X509* certificate = X509_STORE_CTX_get0_cert(store);
  if (check == nullptr || certificate == nullptr) return 0;
  check->seen = pin_of(*certificate);
  if (!check->seen.empty() && (!check->expected || *check->expected == check->seen)) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return 0;
}

bool allow_only_what_is_used(SSL_CTX& context) {
  SSL_CTX_set_options(&context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(&context, kCertificateBytesMax);
  return SSL_CTX_set_min_proto_version(&context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(&context, TLS1_3_VERSION) == 1 && SSL_CTX_set_num_tickets(&context, 0) == 1 &&
         SSL_CTX_set_ciphersuites(&context, kCipherSuites) == 1 && SSL_CTX_set1_groups_list(&context, kGroups) == 1 &&
         SSL_CTX_set1_sigalgs_list(&context, kSignatures) == 1;
}

void set_buffers(SSL_CTX& context) {
  SSL_CTX_set_mode(&context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS);
  // Several records a system call.
  SSL_CTX_set_read_ahead(&context, 1);
  SSL_CTX_set_default_read_buffer_len(&context, kTlsReadBytes);
}

}  // namespace

Result<SslContextPtr> make_ssl_context(EVP_PKEY& key, X509& certificate) {
  SslContextPtr context(SSL_CTX_new(TLS_method()));
  const bool made = context && allow_only_what_is_used(*context) &&
                    SSL_CTX_use_certificate(context.get(), &certificate) == 1 &&
                    SSL_CTX_use_PrivateKey(context.get(), &key) == 1;
  if (!made) return openssl_failure("TLS cannot be set up");
  set_buffers(*context);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context.get(), check_pin, nullptr);
  return context;
}

}  // namespace qorgan::net
