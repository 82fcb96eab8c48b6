#include "net/http_session.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <ctime>
#include <exception>
#include <type_traits>
#include <utility>

#include "net/http_target.h"

namespace qorgan::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using ErrorValue = boost::system::error_code;
using Parser = http::request_parser<http::vector_body<std::uint8_t>>;
using Response = http::response<http::vector_body<std::uint8_t>>;
using TlsStream = asio::ssl::stream<beast::tcp_stream>;

// What is read before a request's size is known.
constexpr std::size_t kReadBytes = 4096;
// A client that is told why it is refused may have this much under way.
constexpr std::size_t kForgottenBytesMax = std::size_t{256} << 10;

auto into(ErrorValue& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

std::chrono::milliseconds ms(int count) {
  return std::chrono::milliseconds(count);
}

bool is_header_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '\t' || (c >= ' ' && c != 0x7f); });
}

// Bytes above 0x7f are negative where char is signed, and have no meaning in a header (RFC 9110, 5.5).
bool can_be_sent(const HttpResponse& response) {
  if (response.status < 200 || response.status > 599 || !is_header_text(response.content_type)) return false;
  return std::all_of(response.headers.begin(), response.headers.end(), [](const auto& header) {
    return !header.first.empty() && is_header_text(header.first) && is_header_text(header.second);
  });
}

// RFC 9110, 5.6.7.
std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  char text[32] = {};
  // The process never sets a locale, so that the names are English.
  if (::gmtime_r(&now, &utc) == nullptr) return {};
  return {text, std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

Response message_of(HttpResponse&& answer, bool keep_alive, bool header_only) {
  Response message;
  message.version(11);
  message.result(static_cast<unsigned>(answer.status));
  message.set(http::field::date, http_date());
  message.set("X-Content-Type-Options", "nosniff");
  message.set("Referrer-Policy", "no-referrer");
  message.set(http::field::cache_control, "no-store");
  if (!answer.content_type.empty()) message.set(http::field::content_type, answer.content_type);
  for (const auto& [name, value] : answer.headers) message.set(name, value);
  message.keep_alive(keep_alive);
  message.content_length(answer.body.size());
  if (!header_only) message.body() = std::move(answer.body);
  return message;
}

// Why a request that cannot be read is refused; 0 where nobody is there to be told.
int refusal_status(const ErrorValue& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::body_limit) return 413;
  if (error == http::error::end_of_stream || error == http::error::partial_message) return 0;
  return error.category() == http::make_error_code(http::error::bad_method).category() ? 400 : 0;
}

std::string_view refusal_text(int status) {
  switch (status) {
    case 413:
      return "The request is too large.\n";
    case 431:
      return "The request's header is too large.\n";
    default:
      return "The request cannot be understood.\n";
  }
}

template <class Stream>
class SessionOver final : public HttpSession {
 public:
  template <class... Arguments>
  SessionOver(std::string remote, HttpService& service, Arguments&&... arguments)
      : stream_(std::forward<Arguments>(arguments)...), remote_(std::move(remote)), service_(service) {}

  asio::awaitable<void> serve() override {
    bool open = co_await shake_hands();
    int wait_ms = service_.options.header_timeout_ms;
    while (open && !service_.stopping) {
      open = co_await serve_one(wait_ms);
      wait_ms = service_.options.idle_timeout_ms;
    }
    co_await say_goodbye();
  }

  void close() override { transport().close(); }

 private:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  beast::tcp_stream& transport() { return beast::get_lowest_layer(stream_); }

  asio::awaitable<bool> shake_hands() {
    ErrorValue error;
    if constexpr (kTls) {
      transport().expires_after(ms(service_.options.header_timeout_ms));
      co_await stream_.async_handshake(asio::ssl::stream_base::server, into(error));
    }
    co_return !error;
  }

  // False where the connection is of no more use.
  asio::awaitable<bool> serve_one(int wait_ms) {
    Parser parser;
    const ErrorValue error = co_await read(parser, wait_ms);
    if (error) {
      const int status = refusal_status(error);
      if (status != 0) co_await refuse(status);
      co_return false;
    }
    const auto& message = parser.get();
    const Result<HttpTarget> target = parse_http_target({message.target().data(), message.target().size()});
    if (!target) {
      co_await refuse(400);
      co_return false;
    }
    const bool keep_alive = message.keep_alive();
    const bool header_only = message.method() == http::verb::head;
    HttpResponse answer = co_await ask_handler(request_of(parser.release(), *target));
    co_return co_await send(std::move(answer), keep_alive, header_only);
  }

  // A first byte within wait_ms, from there on the header and then the body in their own times: a client that sends a
  // byte now and then gains nothing by it.
  asio::awaitable<ErrorValue> read(Parser& parser, int wait_ms) {
    ErrorValue error;
    parser.header_limit(limits::http_header_bytes_max);
    parser.body_limit(service_.options.body_bytes_max);
    if (buffer_.size() == 0) {
      transport().expires_after(ms(wait_ms));
      const std::size_t got = co_await stream_.async_read_some(buffer_.prepare(kReadBytes), into(error));
      buffer_.commit(got);
      if (error) co_return error;
    }
    transport().expires_after(ms(service_.options.header_timeout_ms));
    co_await http::async_read_header(stream_, buffer_, parser, into(error));
    if (error || parser.is_done()) co_return error;
    transport().expires_after(ms(service_.options.body_timeout_ms));
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      http::response<http::empty_body> go_on(http::status::continue_, 11);
      co_await http::async_write(stream_, go_on, into(error));
      if (error) co_return error;
    }
    co_await http::async_read(stream_, buffer_, parser, into(error));
    co_return error;
  }

  HttpRequest request_of(typename Parser::value_type message, const HttpTarget& target) const {
    HttpRequest request;
    request.method = message.method() == http::verb::head ? "GET" : std::string(message.method_string());
    request.path = target.path;
    request.query = target.query;
    for (const std::string_view name : http_request_headers) {
      const auto found = message.find(beast::string_view(name.data(), name.size()));
      if (found != message.end()) request.headers.emplace(name, std::string(found->value()));
    }
    request.body = std::move(message.body());
    request.remote = remote_;
    return request;
  }

  asio::awaitable<HttpResponse> ask_handler(HttpRequest request) {
    auto ask = [](HttpService& service, HttpRequest asked) -> asio::awaitable<HttpResponse> {
      // Those that still waited for a thread when the server was stopped.
      if (service.stopping) co_return text_response(503, "The server is ending.\n");
      co_return service.handler(asked);
    };
    HttpResponse answer;
    try {
      answer = co_await asio::co_spawn(service_.pool, ask(service_, std::move(request)), asio::use_awaitable);
    } catch (const std::exception& thrown) {
      answer = fail(std::string("a handler threw (") + thrown.what() + ")");
    }
    if (!can_be_sent(answer)) answer = fail("a handler's response cannot be sent");
    co_return answer;
  }

  HttpResponse fail(std::string what) const {
    if (service_.options.on_error)
      service_.options.on_error({ErrorCode::internal, std::move(what), "HTTP", "Report this as a defect"});
    return text_response(500, "The server has failed.\n");
  }

  asio::awaitable<bool> send(HttpResponse answer, bool keep_alive, bool header_only) {
    const Response message = message_of(std::move(answer), keep_alive, header_only);
    http::response_serializer<Response::body_type> serializer(message);
    ErrorValue error;
    transport().expires_after(ms(service_.options.response_timeout_ms));
    if (header_only)
      co_await http::async_write_header(stream_, serializer, into(error));
    else
      co_await http::async_write(stream_, serializer, into(error));
    co_return !error && keep_alive;
  }

  asio::awaitable<void> refuse(int status) {
    co_await send(text_response(status, refusal_text(status)), false, false);
    refused_ = true;
  }

  // A refused client is still sending: closing at once would reset the connection, and lose the reason on the way
  // (RFC 9112, 9.6).
  asio::awaitable<void> say_goodbye() {
    ErrorValue error;
    transport().expires_after(ms(limits::refusal_linger_ms));
    if constexpr (kTls) co_await stream_.async_shutdown(into(error));
    if (!refused_) co_return;
    transport().socket().shutdown(asio::socket_base::shutdown_send, error);
    std::size_t forgotten = 0;
    buffer_.clear();
    while (!error && forgotten < kForgottenBytesMax)
      forgotten += co_await transport().async_read_some(buffer_.prepare(kReadBytes), into(error));
  }

  Stream stream_;
  const std::string remote_;
  HttpService& service_;
  beast::flat_buffer buffer_{limits::http_header_bytes_max + std::size_t{2} * kReadBytes};
  bool refused_ = false;
};

}  // namespace

std::unique_ptr<HttpSession> make_http_session(asio::ip::tcp::socket socket, std::string remote, HttpService& service) {
  beast::tcp_stream transport(std::move(socket));
  if (!service.tls)
    return std::make_unique<SessionOver<beast::tcp_stream>>(std::move(remote), service, std::move(transport));
  return std::make_unique<SessionOver<TlsStream>>(std::move(remote), service, std::move(transport), *service.tls);
}

}  // namespace qorgan::net
