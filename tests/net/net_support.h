// Programs of a small network on the loopback interface, for this module's tests.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>
#include <vector>

#include "net/client.h"
#include "net/connection.h"
#include "net/hello.h"
#include "net/server.h"
#include "tests/support/expect.h"

namespace qorgan::net::testing {

// Time that is never reached where all is well, however busy the machine.
inline Deadline plenty() {
  return Deadline::after_ms(30'000);
}

// Fresh, but made once a process: identities are read-only.
const TlsIdentity& custodian_identity(int index);
const TlsIdentity& desk_identity();
const TlsIdentity& stranger_identity();

NetworkId test_network();
Hello custodian_hello(int index);
Hello desk_hello();

// The desk and all three custodians.
PeerTable test_peers();
// Custodian 0 on a free port of 127.0.0.1.
ServerOptions server_options();
// Where a running server can be reached, as custodian 0.
Peer peer_of(const Server& server);

// A server whose handler answers each request by itself: the same head under "echo", and the same body. A head with
// "fail" is answered with that error.
Result<Server> start_echo_server(ServerOptions options = server_options());

// Two ends of one TLS connection, handshakes done: the client is the desk, the server custodian 0.
struct Pair {
  Connection client;
  Connection server;
};
Pair connect_pair();

// A TCP connection that speaks no TLS. Closed at the end of its life.
class RawSocket {
 public:
  explicit RawSocket(const Address& address);
  ~RawSocket();
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;
  // False where the other end has closed.
  bool send(ByteView bytes);
  // Waits for the other end to close; false where it has not by the deadline.
  bool wait_for_end(Deadline deadline);
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

// The time that something took.
class Stopwatch {
 public:
  double elapsed_us() const {
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start_).count();
  }
  std::int64_t elapsed_ms() const { return static_cast<std::int64_t>(elapsed_us() / 1000); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace qorgan::net::testing
