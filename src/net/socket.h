// A connected TCP socket that one thread uses and any thread may shut down. For this module's .cpp files alone.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "net/address.h"

namespace qorgan::net {

class Socket {
 public:
  // Takes the descriptor over and makes it non-blocking, without Nagle's delay, closed in child processes and kept
  // alive (RFC 9293, 3.8.4), so that whoever waits on it notices within a minute that the other end is gone.
  // unavailable: the descriptor is no TCP socket, or has been reset already.
  static Result<std::shared_ptr<Socket>> adopt(int descriptor);
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() { close(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // -1 once closed.
  int descriptor() const { return descriptor_; }
  // The other end's address and port.
  Result<Address> peer_address() const;
  // By the using thread. Harmless when repeated.
  void close();
  // By any thread: both directions end, and whoever waits on the socket wakes.
  void shutdown();
  // Tells the other end that nothing more will come; what it sends can still be read.
  void shutdown_sending();
  bool was_shut_down() const { return shut_down_; }

 private:
  // Held where the descriptor is closed or shut down: a number closed by one thread may be a new file by the time that
  // another one uses it.
  std::mutex mutex_;
  int descriptor_;
  std::atomic<bool> shut_down_ = false;
};

// Opens a TCP connection, trying each address of the host in turn. Errors: not_found (no such host), unavailable
// (refused, unreachable), timeout, busy (limits::name_lookups_max lookups under way).
Result<std::shared_ptr<Socket>> connect_socket(const Address& address, Deadline deadline);

}  // namespace qorgan::net
