#include "net/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/limits.h"

namespace qorgan::net {
namespace {

tl::unexpected<Error> socket_failure(const std::string& what, int number) {
  return failure(ErrorCode::unavailable, what + " (" + std::strerror(number) + ")");
}

bool set_option(int descriptor, int level, int option, int value) {
  return ::setsockopt(descriptor, level, option, &value, sizeof(value)) == 0;
}

bool keep_alive(int descriptor) {
  return set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1) &&
         set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, limits::keepalive_idle_s) &&
         set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, limits::keepalive_interval_s) &&
         set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, limits::keepalive_probes);
}

}  // namespace

Result<std::shared_ptr<Socket>> Socket::adopt(int descriptor) {
  auto socket = std::make_shared<Socket>(descriptor);
  const int flags = ::fcntl(descriptor, F_GETFL);
  const bool ready = flags >= 0 && ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 &&
                     ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 &&
                     set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1) && keep_alive(descriptor);
  if (!ready) return socket_failure("a connection cannot be set up", errno);
  return socket;
}

Result<Address> Socket::peer_address() const {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  auto* generic = reinterpret_cast<sockaddr*>(&storage);
  if (::getpeername(descriptor_, generic, &size) != 0) return socket_failure("a connection has ended", errno);
  std::array<char, INET6_ADDRSTRLEN> host{};
  std::array<char, 8> port{};
  const int failed =
      ::getnameinfo(generic, size, host.data(), host.size(), port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV);
  if (failed != 0) return failure(ErrorCode::unavailable, ::gai_strerror(failed));
  Address address{host.data(), 0};
  std::from_chars(port.data(), port.data() + std::strlen(port.data()), address.port);
  return address;
}

void Socket::close() {
  const std::lock_guard lock(mutex_);
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

void Socket::shutdown() {
  const std::lock_guard lock(mutex_);
  shut_down_ = true;
  if (descriptor_ >= 0) ::shutdown(descriptor_, SHUT_RDWR);
}

void Socket::shutdown_sending() {
  const std::lock_guard lock(mutex_);
  if (descriptor_ >= 0) ::shutdown(descriptor_, SHUT_WR);
}

}  // namespace qorgan::net
