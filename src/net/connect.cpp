#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>

#include "base/limits.h"
#include "net/resolve.h"
#include "net/socket.h"

namespace qorgan::net {
namespace {

using boost::asio::ip::tcp;

Result<std::shared_ptr<Socket>> connect_to(const tcp::endpoint& endpoint, const Address& address, Deadline deadline) {
  boost::asio::io_context context(1);
  tcp::socket socket(context);
  boost::system::error_code error;
  bool done = false;
  socket.async_connect(endpoint, [&](const boost::system::error_code& result) {
    error = result;
    done = true;
  });
  context.run_until(deadline.at());
  if (!done) return failure(ErrorCode::timeout, "no connection within the time allowed", address.text());
  if (error) return failure(ErrorCode::unavailable, "cannot connect (" + error.message() + ")", address.text());
  const int descriptor = socket.release(error);
  if (error) return failure(ErrorCode::internal, "a socket is not given up (" + error.message() + ")", address.text());
  return Socket::adopt(descriptor);
}

// An even part of what is left, so that one address that swallows everything leaves time for the others.
Deadline part_of(Deadline deadline, std::size_t attempts_left) {
  return Deadline::after_ms(deadline.left_ms() / static_cast<std::int64_t>(attempts_left)).earlier(deadline);
}

}  // namespace

Result<std::shared_ptr<Socket>> connect_socket(const Address& address, Deadline deadline) {
  deadline = deadline.earlier(Deadline::after_ms(limits::connect_timeout_ms));
  QORGAN_TRY(const Endpoints endpoints, resolve(address, deadline));
  Result<std::shared_ptr<Socket>> socket = failure(ErrorCode::internal, "a host without addresses", address.text());
  for (std::size_t i = 0; i < endpoints.size() && !socket; ++i)
    socket = connect_to(endpoints[i], address, part_of(deadline, endpoints.size() - i));
  return socket;
}

}  // namespace qorgan::net
