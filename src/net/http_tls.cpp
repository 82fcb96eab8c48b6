#include "net/http_tls.h"

namespace qorgan::net {

Result<SslContextPtr> make_http_server_context(const TlsIdentity& identity) {
  QORGAN_TRY(SslContextPtr context, make_ssl_context(*identity.state().key, *identity.state().certificate));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  return context;
}

Result<SslContextPtr> make_http_client_context() {
  SslContextPtr context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1)
    return openssl_failure("TLS cannot be set up");
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  return context;
}

}  // namespace qorgan::net
