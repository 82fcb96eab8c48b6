#include "net/http_client.h"

#include <fcntl.h>
#include <poll.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <mutex>
#include <utility>

#include "base/limits.h"
#include "net/http_tls.h"
#include "net/socket.h"

namespace qorgan::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using ErrorValue = boost::system::error_code;
using Request = http::request<http::vector_body<std::uint8_t>>;
using Parser = http::response_parser<http::vector_body<std::uint8_t>>;
using TlsStream = asio::ssl::stream<beast::tcp_stream>;

constexpr std::size_t kReadBytesMax = std::size_t{64} << 10;

HttpResponse response_of(Parser::value_type message) {
  HttpResponse response;
  response.status = static_cast<int>(message.result_int());
  for (const auto& field : message) {
    std::string name(field.name_string());
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    response.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  response.content_type = std::string(message[http::field::content_type]);
  response.body = std::move(message.body());
  return response;
}

}  // namespace

struct HttpClient::State {
  State(HttpUrl its_base, std::optional<Pin> its_pin) : base(std::move(its_base)), pin(std::move(its_pin)) {}

  Result<HttpResponse> ask(const Request& request, std::size_t body_bytes_max, Deadline deadline);
  void close();

  const HttpUrl base;
  const std::optional<Pin> pin;
  std::optional<asio::ssl::context> tls;

 private:
  Status connect(Deadline deadline);
  Status shake_hands(Deadline deadline);
  Result<HttpResponse> exchange(const Request& request, std::size_t body_bytes_max, Deadline deadline);
  template <class Stream>
  ErrorValue transfer(Stream& stream, const Request& request, Parser& parser, Deadline deadline);
  bool is_connected() const { return plain_ || encrypted_; }
  bool is_quiet();
  void disconnect();
  beast::tcp_stream& transport() { return encrypted_ ? encrypted_->next_layer() : *plain_; }
  // Runs until the operation that was begun has ended, at its deadline at the latest.
  void run() {
    context_.restart();
    context_.run();
  }
  tl::unexpected<Error> failed(const ErrorValue& error) const;

  std::mutex mutex_;  // held during a request
  asio::io_context context_{1};
  std::unique_ptr<beast::tcp_stream> plain_;
  std::unique_ptr<TlsStream> encrypted_;
  beast::flat_buffer buffer_;

  std::mutex socket_mutex_;  // guards the next
  std::shared_ptr<Socket> socket_;
  std::atomic<bool> closed_ = false;
};

void HttpClient::State::close() {
  closed_ = true;
  const std::lock_guard lock(socket_mutex_);
  if (socket_) socket_->shutdown();
}

void HttpClient::State::disconnect() {
  plain_.reset();
  encrypted_.reset();
  buffer_.clear();
  const std::lock_guard lock(socket_mutex_);
  socket_.reset();
}

Result<HttpResponse> HttpClient::State::ask(const Request& request, std::size_t body_bytes_max, Deadline deadline) {
  const std::lock_guard lock(mutex_);
  // The server may have closed an idle connection, or said something that nobody asked for.
  if (is_connected() && !is_quiet()) disconnect();
  const bool used_before = is_connected();
  Result<HttpResponse> response = exchange(request, body_bytes_max, deadline);
  // The server may also close it just as the request sets out, which then had no effect that matters.
  const bool again = !response && response.error().code == ErrorCode::unavailable && used_before &&
                     request.method() == http::verb::get && !closed_;
  if (again) response = exchange(request, body_bytes_max, deadline);
  return response;
}

Result<HttpResponse> HttpClient::State::exchange(const Request& request, std::size_t body_bytes_max,
                                                 Deadline deadline) {
  if (!is_connected()) {
    const Status connected = connect(deadline);
    if (!connected) disconnect();
    QORGAN_CHECK(connected);
  }
  Parser parser;
  parser.header_limit(limits::http_header_bytes_max);
  parser.body_limit(body_bytes_max);
  const ErrorValue error =
      encrypted_ ? transfer(*encrypted_, request, parser, deadline) : transfer(*plain_, request, parser, deadline);
  if (error || !parser.get().keep_alive()) disconnect();
  if (error) return failed(error);
  return response_of(parser.release());
}

template <class Stream>
ErrorValue HttpClient::State::transfer(Stream& stream, const Request& request, Parser& parser, Deadline deadline) {
  ErrorValue error = asio::error::would_block;
  const auto done = [&error](const ErrorValue& result, std::size_t) { error = result; };
  transport().expires_at(deadline.at());
  http::async_write(stream, request, done);
  run();
  if (error) return error;
  http::async_read(stream, buffer_, parser, done);
  run();
  return error;
}

Status HttpClient::State::connect(Deadline deadline) {
  QORGAN_TRY(std::shared_ptr<Socket> socket, connect_socket(base.address, deadline));
  QORGAN_TRY(const Address remote, socket->peer_address());
  const bool v6 = remote.host.find(':') != std::string::npos;
  asio::ip::tcp::socket made(context_);
  ErrorValue error;
  const int descriptor = ::fcntl(socket->descriptor(), F_DUPFD_CLOEXEC, 0);
  if (descriptor >= 0) made.assign(v6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), descriptor, error);
  if (descriptor < 0 || error) return failure(ErrorCode::unavailable, "no descriptor is left for a connection");
  {
    const std::lock_guard lock(socket_mutex_);
    socket_ = std::move(socket);
    if (closed_) return failure(ErrorCode::unavailable, "the connection was shut down", base.text());
  }
  buffer_ = beast::flat_buffer(limits::http_header_bytes_max + kReadBytesMax);
  if (!tls) {
    plain_ = std::make_unique<beast::tcp_stream>(std::move(made));
    return {};
  }
  encrypted_ = std::make_unique<TlsStream>(beast::tcp_stream(std::move(made)), *tls);
  return shake_hands(deadline.earlier(Deadline::after_ms(limits::handshake_timeout_ms)));
}

Status HttpClient::State::shake_hands(Deadline deadline) {
  ErrorValue error = asio::error::would_block;
  transport().expires_at(deadline.at());
  encrypted_->async_handshake(asio::ssl::stream_base::client, [&error](const ErrorValue& result) { error = result; });
  run();
  if (error.category() == asio::error::get_ssl_category())
    return failure(ErrorCode::wrong_network, "what answers does not speak TLS 1.3 (" + error.message() + ")",
                   base.text(), "Check the address and port");
  if (error) return failed(error);
  X509* certificate = SSL_get0_peer_certificate(encrypted_->native_handle());
  const Pin seen = certificate == nullptr ? Pin() : pin_of(*certificate);
  if (seen != *pin)
    return failure(ErrorCode::wrong_network, "another key than expected: expected pin " + *pin + ", seen " + seen,
                   base.text(), "Check the address, and whether the pin is the present one");
  return {};
}

bool HttpClient::State::is_quiet() {
  if (buffer_.size() != 0) return false;
  pollfd waiting{transport().socket().native_handle(), POLLIN, 0};
  return ::poll(&waiting, 1, 0) == 0;
}

tl::unexpected<Error> HttpClient::State::failed(const ErrorValue& error) const {
  if (closed_) return failure(ErrorCode::unavailable, "the connection was shut down", base.text());
  if (error == beast::error::timeout)
    return failure(ErrorCode::timeout, "no answer within the time allowed", base.text());
  if (error == http::error::end_of_stream || error == http::error::partial_message || error == asio::error::eof ||
      error == asio::ssl::error::stream_truncated)
    return failure(ErrorCode::unavailable, "the other end closed the connection", base.text());
  if (error.category() == boost::system::system_category())
    return failure(ErrorCode::unavailable, "the connection broke (" + error.message() + ")", base.text());
  if (error == http::error::body_limit || error == http::error::header_limit)
    return failure(ErrorCode::damaged, "a response is larger than anything expected here", base.text());
  return failure(ErrorCode::damaged, "what answers does not speak HTTP (" + error.message() + ")", base.text(),
                 "Check the address and port");
}

HttpClient::HttpClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

Result<HttpClient> HttpClient::create(HttpUrl base, std::optional<Pin> pin) {
  if (base.tls != pin.has_value())
    return failure(ErrorCode::invalid_input, base.tls ? "an https server has no pin" : "a pin needs https",
                   base.text());
  auto state = std::make_unique<State>(std::move(base), std::move(pin));
  if (state->base.tls) {
    QORGAN_TRY(SslContextPtr made, make_http_client_context());
    state->tls.emplace(made.release());
  }
  return HttpClient(std::move(state));
}

namespace {

Request make_request(http::verb method, const HttpUrl& base, std::string_view path) {
  const std::string target = base.path + std::string(path);
  Request request(method, target, 11);
  request.set(http::field::host, base.address.text());
  return request;
}

}  // namespace

Result<HttpResponse> HttpClient::get(std::string_view path, std::size_t body_bytes_max, Deadline deadline) {
  QORGAN_CHECK(parse_http_target(path));
  return state_->ask(make_request(http::verb::get, state_->base, path), body_bytes_max, deadline);
}

Result<HttpResponse> HttpClient::post(std::string_view path, std::string_view content_type, ByteView body,
                                      std::size_t body_bytes_max, Deadline deadline) {
  QORGAN_CHECK(parse_http_target(path));
  Request request = make_request(http::verb::post, state_->base, path);
  request.set(http::field::content_type, beast::string_view(content_type.data(), content_type.size()));
  request.body().assign(body.begin(), body.end());
  request.prepare_payload();
  return state_->ask(request, body_bytes_max, deadline);
}

void HttpClient::close() {
  state_->close();
}

const HttpUrl& HttpClient::base() const {
  return state_->base;
}

}  // namespace qorgan::net
