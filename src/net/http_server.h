// An HTTP/1.1 server (RFC 9112), plain or over TLS 1.3, for requests and responses that fit in memory.
//
// Slow, silent and malformed clients hold no thread: one thread reads and writes for all of them, within limits of time
// and size, and a whole request alone reaches the handler.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/limits.h"
#include "base/result.h"
#include "net/address.h"
#include "net/http.h"
#include "net/identity.h"

namespace qorgan::net {

// Runs on one of limits::http_threads threads, several at once, and may block for some seconds. Every response goes out
// with X-Content-Type-Options: nosniff, Referrer-Policy: no-referrer, and Cache-Control: no-store unless it says
// otherwise. A response header that cannot be sent (a control character in it) makes it a 500.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

// The address, or an IPv6 address's first half, in hexadecimal: each client of such a network has 2^64 addresses at its
// choice. What limits are counted by.
std::string network_of(const std::string& remote);

struct HttpServerOptions {
  Address listen;                  // port 0: any free one
  std::optional<TlsIdentity> tls;  // none: plain HTTP
  std::size_t body_bytes_max = limits::http_body_bytes_max;
  int connections_max = limits::http_connections_max;
  int connections_of_remote_max = limits::http_connections_of_remote_max;
  int header_timeout_ms = limits::http_header_timeout_ms;  // also for TLS's handshake
  int body_timeout_ms = limits::http_body_timeout_ms;
  int idle_timeout_ms = limits::http_idle_timeout_ms;
  int response_timeout_ms = limits::http_response_timeout_ms;
  // Told what an operator should know; never who a client was. Called on several threads. May be empty.
  std::function<void(const Error&)> on_error;
};

class HttpServer {
 public:
  // Listens when it returns. Errors: as Server::start's, and internal (TLS).
  static Result<HttpServer> start(HttpServerOptions options, HttpHandler handler);

  // Stops.
  ~HttpServer();
  HttpServer(HttpServer&&) noexcept;
  HttpServer& operator=(HttpServer&&) noexcept;

  // With the port that was chosen.
  const Address& address() const;
  // Ends every connection and returns when all handlers have returned; what those answered may not have arrived. By any
  // thread but a handler's; harmless when repeated.
  void stop();

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace qorgan::net
