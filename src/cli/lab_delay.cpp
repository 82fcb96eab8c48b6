#include "cli/lab_delay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "base/bytes.h"

namespace qorgan::cli {
namespace {

using Clock = std::chrono::steady_clock;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Owns a socket; shut_down() wakes whoever waits on it.
class Socket {
 public:
  explicit Socket(int handle) : handle_(handle) {
    const int on = 1;
    if (handle_ >= 0) ::setsockopt(handle_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (handle_ >= 0) ::close(handle_);
  }
  int handle() const { return handle_; }
  bool open() const { return handle_ >= 0; }
  void shut_down(int how) const { ::shutdown(handle_, how); }

 private:
  int handle_;
};

// One direction of a connection: what was read stands in a queue until it is due.
class Direction {
 public:
  Direction(const Socket& from, const Socket& to, int delay_ms)
      : from_(from), to_(to), delay_(delay_ms), reader_([this] { read(); }), writer_([this] { write(); }) {}

 private:
  struct Chunk {
    Clock::time_point due;
    Bytes bytes;  // empty: the sender has ended
  };

  void read() {
    Bytes buffer(std::size_t{256} << 10);
    for (;;) {
      const ssize_t count = ::recv(from_.handle(), buffer.data(), buffer.size(), 0);
      if (count < 0 && errno == EINTR) continue;
      const auto size = static_cast<std::ptrdiff_t>(std::max<ssize_t>(count, 0));
      {
        const std::lock_guard lock(mutex_);
        chunks_.push_back({Clock::now() + delay_, Bytes(buffer.begin(), buffer.begin() + size)});
      }
      arrived_.notify_one();
      if (size == 0) return;
    }
  }

  void write() {
    for (;;) {
      Chunk chunk;
      {
        std::unique_lock lock(mutex_);
        arrived_.wait(lock, [&] { return !chunks_.empty(); });
        chunk = std::move(chunks_.front());
        chunks_.pop_front();
      }
      std::this_thread::sleep_until(chunk.due);
      if (chunk.bytes.empty() || !send_all(chunk.bytes)) break;
    }
    to_.shut_down(SHUT_WR);
    // Whoever sends to an end that is gone must hear of it.
    from_.shut_down(SHUT_RD);
  }

  bool send_all(const Bytes& bytes) const {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const ssize_t count = ::send(to_.handle(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return false;
      sent += static_cast<std::size_t>(count);
    }
    return true;
  }

  const Socket& from_;
  const Socket& to_;
  std::chrono::milliseconds delay_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Chunk> chunks_;
  std::jthread reader_;
  std::jthread writer_;
};

class Link {
 public:
  Link(int client, int server, int delay_ms)
      : client_(client), server_(server), there_(client_, server_, delay_ms), back_(server_, client_, delay_ms) {}
  void end() const {
    client_.shut_down(SHUT_RDWR);
    server_.shut_down(SHUT_RDWR);
  }

 private:
  Socket client_;
  Socket server_;
  Direction there_;
  Direction back_;
};

int connect_to(std::uint16_t port) {
  const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  if (handle >= 0 && ::connect(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return handle;
  if (handle >= 0) ::close(handle);
  return -1;
}

}  // namespace

class DelayRelay::State {
 public:
  State(int listener, std::uint16_t port, std::uint16_t target_port, int delay_ms)
      : listener_(listener), port_(port), target_port_(target_port), delay_ms_(delay_ms), accepter_([this] {
          accept();
        }) {}
  ~State() {
    listener_.shut_down(SHUT_RDWR);
    accepter_.join();
    for (const Link& link : links_) link.end();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  void accept() {
    for (;;) {
      const int client = ::accept4(listener_.handle(), nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0 && errno == EINTR) continue;
      if (client < 0) return;
      const int server = connect_to(target_port_);
      // Nobody listens there yet: the client sees its connection end, as it would without the relay.
      if (server < 0)
        ::close(client);
      else
        links_.emplace_back(client, server, delay_ms_);
    }
  }

  Socket listener_;
  std::uint16_t port_;
  std::uint16_t target_port_;
  int delay_ms_;
  std::list<Link> links_;
  std::thread accepter_;
};

Result<DelayRelay> DelayRelay::start(std::uint16_t target_port, int delay_ms) {
  const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  if (handle < 0 || ::bind(handle, plain, size) != 0 || ::listen(handle, SOMAXCONN) != 0 ||
      ::getsockname(handle, plain, &size) != 0) {
    const std::string reason = std::strerror(errno);
    if (handle >= 0) ::close(handle);
    return failure(ErrorCode::unavailable, "cannot listen for a delayed link (" + reason + ")", "127.0.0.1");
  }
  return DelayRelay(std::make_unique<State>(handle, ntohs(address.sin_port), target_port, delay_ms));
}

DelayRelay::DelayRelay(std::unique_ptr<State> state) : state_(std::move(state)) {}
DelayRelay::~DelayRelay() = default;
DelayRelay::DelayRelay(DelayRelay&&) noexcept = default;

std::uint16_t DelayRelay::port() const {
  return state_->port();
}

}  // namespace qorgan::cli
