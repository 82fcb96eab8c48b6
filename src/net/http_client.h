// An HTTP/1.1 client for one server, plain or over TLS 1.3 with the server's pin.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "net/http.h"
#include "net/http_target.h"
#include "net/identity.h"

namespace qorgan::net {

// Keeps one connection, opened when needed and used for one request after the other. Thread-safe: requests wait for
// one another. Redirects are not followed.
//
// Errors of a request: unavailable, timeout, not_found (no such host), busy as connect_socket; wrong_network (another
// key than the pin's, or no TLS 1.3); damaged (no HTTP, or a response above the limits). After unavailable, timeout and
// damaged a POST may or may not have taken effect. Any status is a response, not an error.
class HttpClient {
 public:
  // Connects to nothing yet. Errors: invalid_input (https without a pin, http with one).
  static Result<HttpClient> create(HttpUrl base, std::optional<Pin> pin = {});
  // No request may be under way.
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  // `path` follows the base's path: it begins with '/', and is written as it is sent.
  Result<HttpResponse> get(std::string_view path, std::size_t body_bytes_max, Deadline deadline);
  Result<HttpResponse> post(std::string_view path, std::string_view content_type, ByteView body,
                            std::size_t body_bytes_max, Deadline deadline);

  // Ends the request under way, which gives `unavailable`, and refuses new ones. By any thread. A request that is
  // still connecting ends within limits::connect_timeout_ms.
  void close();

  const HttpUrl& base() const;

 private:
  struct State;
  explicit HttpClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace qorgan::net
