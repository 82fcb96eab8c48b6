#include "net/http_server.h"

#include <fcntl.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <list>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include "net/http_session.h"
#include "net/http_tls.h"
#include "net/listener.h"
#include "net/socket.h"

namespace qorgan::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// A second descriptor of the same connection, since a Socket does not give its own away.
Result<tcp::socket> asio_socket(const Socket& socket, bool v6, asio::io_context& context) {
  const int descriptor = ::fcntl(socket.descriptor(), F_DUPFD_CLOEXEC, 0);
  tcp::socket made(context);
  boost::system::error_code error;
  if (descriptor >= 0) made.assign(v6 ? tcp::v6() : tcp::v4(), descriptor, error);
  if (descriptor < 0 || error) return failure(ErrorCode::unavailable, "no descriptor is left for a connection");
  return made;
}

}  // namespace

std::string network_of(const std::string& remote) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(remote.substr(0, remote.find('%')), error);
  if (error || address.is_v4()) return remote;
  if (address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  const auto bytes = address.to_v6().to_bytes();
  return to_hex(ByteView(bytes.data(), bytes.size() / 2));
}

struct HttpServer::State {
  explicit State(HttpServerOptions options, HttpHandler handler) {
    service.options = std::move(options);
    service.handler = std::move(handler);
  }
  ~State() { stop(); }

  Status start();
  void stop();

  HttpService service;
  std::unique_ptr<Listener> listener;

 private:
  void add(std::shared_ptr<Socket> socket);
  bool claim_place(const std::string& network);
  void give_place_back(const std::string& network);
  void begin(const Socket& socket, const std::string& remote);
  void report(const Error& error) const;

  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::thread thread_;
  std::list<std::unique_ptr<HttpSession>> sessions_;  // of the io_context's thread

  std::mutex mutex_;  // guards the places
  int places_taken_ = 0;
  std::map<std::string, int> places_of_network_;
  bool full_ = false;
  std::mutex stop_mutex_;
};

Status HttpServer::State::start() {
  if (service.options.tls) {
    QORGAN_TRY(SslContextPtr made, make_http_server_context(*service.options.tls));
    service.tls.emplace(made.release());
  }
  try {
    thread_ = std::thread([this] { context_.run(); });
  } catch (const std::system_error&) {
    return failure(ErrorCode::busy, "no thread can be started", service.options.listen.text());
  }
  QORGAN_TRY(listener, Listener::start(service.options.listen,
                                       [this](std::shared_ptr<Socket> socket) { add(std::move(socket)); }));
  return {};
}

void HttpServer::State::stop() {
  const std::lock_guard one_at_a_time(stop_mutex_);
  if (!thread_.joinable()) return;
  if (listener) listener->stop();
  service.stopping = true;
  asio::post(context_, [this] {
    for (const auto& session : sessions_) session->close();
    work_.reset();
  });
  thread_.join();
  service.pool.join();
}

// On the listener's thread.
void HttpServer::State::add(std::shared_ptr<Socket> socket) {
  const Result<Address> remote = socket->peer_address();
  if (!remote) return;
  const std::string network = network_of(remote->host);
  if (!claim_place(network)) return;
  asio::post(context_, [this, socket = std::move(socket), host = remote->host, network] {
    if (service.stopping) return;
    begin(*socket, host);
  });
}

bool HttpServer::State::claim_place(const std::string& network) {
  bool became_full = false;
  {
    const std::lock_guard lock(mutex_);
    if (places_taken_ >= service.options.connections_max) {
      became_full = !std::exchange(full_, true);
    } else {
      int& taken = places_of_network_[network];
      if (taken >= service.options.connections_of_remote_max) return false;
      ++taken;
      ++places_taken_;
      return true;
    }
  }
  if (became_full) report({ErrorCode::busy, "every connection for HTTP is taken", "HTTP", {}});
  return false;
}

void HttpServer::State::give_place_back(const std::string& network) {
  const std::lock_guard lock(mutex_);
  --places_taken_;
  full_ = false;
  const auto place = places_of_network_.find(network);
  if (--place->second == 0) places_of_network_.erase(place);
}

void HttpServer::State::begin(const Socket& socket, const std::string& remote) {
  const std::string network = network_of(remote);
  Result<tcp::socket> taken = asio_socket(socket, remote.find(':') != std::string::npos, context_);
  if (!taken) {
    give_place_back(network);
    return report(taken.error());
  }
  sessions_.push_back(make_http_session(std::move(*taken), remote, service));
  const auto session = std::prev(sessions_.end());
  asio::co_spawn(context_, (*session)->serve(), [this, session, network](const std::exception_ptr& thrown) {
    sessions_.erase(session);
    give_place_back(network);
    if (thrown) report({ErrorCode::internal, "a connection's session threw", "HTTP", "Report this as a defect"});
  });
}

void HttpServer::State::report(const Error& error) const {
  if (service.options.on_error) service.options.on_error(error);
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpServer::HttpServer(HttpServer&&) noexcept = default;
HttpServer& HttpServer::operator=(HttpServer&&) noexcept = default;
HttpServer::~HttpServer() = default;

Result<HttpServer> HttpServer::start(HttpServerOptions options, HttpHandler handler) {
  QORGAN_ASSERT(options.connections_max > 0 && options.connections_of_remote_max > 0);
  auto state = std::make_unique<State>(std::move(options), std::move(handler));
  QORGAN_CHECK(state->start());
  return HttpServer(std::move(state));
}

const Address& HttpServer::address() const {
  return state_->listener->address();
}

void HttpServer::stop() {
  state_->stop();
}

}  // namespace qorgan::net
