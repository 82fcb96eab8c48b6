// TLS 1.3 for HTTP: the server alone has a certificate. For this module's .cpp files alone.
#pragma once

#include "net/openssl.h"

namespace qorgan::net {

Result<SslContextPtr> make_http_server_context(const TlsIdentity& identity);
// Takes any certificate: the caller looks at the key's pin before it sends anything. That the other end holds the key,
// TLS itself proves (RFC 8446, 4.4.3).
Result<SslContextPtr> make_http_client_context();

}  // namespace qorgan::net
