// OpenSSL's objects with owners, and its errors as text. For this module's .cpp files alone.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "net/identity.h"

namespace qorgan::net {

template <auto free_function>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};

using BioPtr = std::unique_ptr<BIO, Freer<BIO_free>>;
using BioMethodPtr = std::unique_ptr<BIO_METHOD, Freer<BIO_meth_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Freer<X509_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, Freer<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Freer<SSL_free>>;

// The reason of the first error in this thread's queue, which is emptied.
std::string take_openssl_reason();
tl::unexpected<Error> openssl_failure(std::string what);

struct TlsIdentity::State {
  KeyPtr key;
  CertificatePtr certificate;
  Pin pin;
  SslContextPtr context;  // for both ends of a connection
};

// Empty where the certificate has no key that can be encoded.
Pin pin_of(X509& certificate);

// TLS 1.3 alone, both certificates required, no session ever resumed.
Result<SslContextPtr> make_ssl_context(EVP_PKEY& key, X509& certificate);

}  // namespace qorgan::net
