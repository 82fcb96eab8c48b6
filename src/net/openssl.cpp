#include "net/openssl.h"

namespace qorgan::net {

std::string take_openssl_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "no reason given" : reason;
}

tl::unexpected<Error> openssl_failure(std::string what) {
  return failure(ErrorCode::internal, std::move(what) + ": " + take_openssl_reason());
}

}  // namespace qorgan::net
