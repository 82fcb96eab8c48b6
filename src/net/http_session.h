// One client's connection to an HttpServer. For this module's .cpp files alone.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <string>

#include "net/http_server.h"

namespace qorgan::net {

// What all sessions of a server share; outlives them.
struct HttpService {
  HttpServerOptions options;
  HttpHandler handler;
  std::optional<boost::asio::ssl::context> tls;
  boost::asio::thread_pool pool{limits::http_threads};
  std::atomic<bool> stopping = false;
};

// Used on the io_context's thread alone.
class HttpSession {
 public:
  HttpSession() = default;
  virtual ~HttpSession() = default;
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  // Answers requests until either end has had enough. *this must live until it returns.
  virtual boost::asio::awaitable<void> serve() = 0;
  // serve() then returns as soon as a handler that is running has.
  virtual void close() = 0;
};

std::unique_ptr<HttpSession> make_http_session(boost::asio::ip::tcp::socket socket, std::string remote,
                                               HttpService& service);

}  // namespace qorgan::net
