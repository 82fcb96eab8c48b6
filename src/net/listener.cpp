#include "net/listener.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <new>
#include <system_error>
#include <thread>

#include "base/limits.h"
#include "net/resolve.h"

namespace qorgan::net {
namespace {

using boost::asio::ip::tcp;
using ErrorValue = boost::system::error_code;

tl::unexpected<Error> listen_failure(const ErrorValue& error, const Address& address) {
  if (error == boost::asio::error::address_in_use)
    return failure(ErrorCode::unavailable, "another program listens there already", address.text(),
                   "Stop it, or choose another port");
  if (error == boost::asio::error::access_denied)
    return failure(ErrorCode::refused, "this user may not listen there", address.text(),
                   "Choose a port from 1024 upwards");
  return failure(ErrorCode::unavailable, "cannot listen (" + error.message() + ")", address.text());
}

// Whether the acceptor listens; otherwise `error` says why not.
bool listen(tcp::acceptor& acceptor, const tcp::endpoint& endpoint, ErrorValue& error) {
  acceptor.open(endpoint.protocol(), error);
  // Connections of a server that has just ended would keep the port for a minute otherwise.
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  return !error;
}

}  // namespace

struct Listener::State {
  boost::asio::io_context context{1};
  tcp::acceptor acceptor{context};
  boost::asio::steady_timer pause{context};
  Address address;
  Accepted accepted;
  std::thread thread;

  void accept_next() {
    acceptor.async_accept([this](const ErrorValue& error, tcp::socket socket) {
      if (error) {
        rest();
        return;
      }
      take(std::move(socket));
      accept_next();
    });
  }

  // A connection that cannot be taken over, for want of memory or because it has ended, is dropped: accepting goes on.
  void take(tcp::socket socket) {
    ErrorValue error;
    const int descriptor = socket.release(error);
    if (error) return;
    try {
      if (Result<std::shared_ptr<Socket>> adopted = Socket::adopt(descriptor)) accepted(std::move(*adopted));
    } catch (const std::bad_alloc&) {
      return;
    }
  }

  // Without descriptors or memory, accepting at once again would only use up the processor.
  void rest() {
    pause.expires_after(std::chrono::milliseconds(limits::accept_pause_ms));
    pause.async_wait([this](const ErrorValue& error) {
      if (!error) accept_next();
    });
  }
};

Listener::Listener(std::unique_ptr<State> state) : state_(std::move(state)) {}

Listener::~Listener() {
  stop();
}

Result<std::unique_ptr<Listener>> Listener::start(const Address& address, Accepted accepted) {
  QORGAN_TRY(const Endpoints endpoints, resolve(address, Deadline::after_ms(limits::connect_timeout_ms)));
  auto state = std::make_unique<State>();
  ErrorValue error;
  if (!listen(state->acceptor, endpoints.front(), error)) return listen_failure(error, address);
  state->address = {address.host, state->acceptor.local_endpoint(error).port()};
  if (error) return listen_failure(error, address);
  state->accepted = std::move(accepted);
  state->accept_next();
  try {
    state->thread = std::thread([&running = *state] { running.context.run(); });
  } catch (const std::system_error&) {
    return failure(ErrorCode::busy, "no thread can be started", address.text());
  }
  return std::unique_ptr<Listener>(new Listener(std::move(state)));
}

const Address& Listener::address() const {
  return state_->address;
}

void Listener::stop() {
  state_->context.stop();
  if (state_->thread.joinable()) state_->thread.join();
  ErrorValue ignored;
  state_->acceptor.close(ignored);
}

}  // namespace qorgan::net
