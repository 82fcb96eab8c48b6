// Requests to one server, and their answers.
#pragma once

#include <memory>
#include <stop_token>

#include "base/limits.h"
#include "base/result.h"
#include "net/hello.h"
#include "net/identity.h"

namespace qorgan::net {

// Keeps a small pool of control connections, opened when needed: a call takes an idle one or opens another, up to
// connections_max, and waits beyond that. One connection carries one call at a time, so answers cannot be mixed up.
// A connection that failed, or that the server closed while it was idle, is replaced by the next call. Thread-safe.
class Client {
 public:
  // Connects to nothing yet. own.purpose is control.
  Client(Peer peer, const TlsIdentity& identity, Hello own, int connections_max = limits::client_connections_max);
  // No call may be under way.
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  // Sends a request and waits for its answer. Errors: the one that the server answered with; those of connect_to_peer;
  // invalid_input (a message that cannot be encoded); unavailable, timeout or damaged. After the last three the request
  // may or may not have taken effect. Ends with `unavailable` soon after `stop` is requested, at the latest when a
  // connection that is being made has been.
  Result<Message> call(const Message& request, Deadline deadline, std::stop_token stop = {});

  // Ends the calls under way and refuses new ones: both give `unavailable`. By any thread. A call that is still
  // connecting ends within limits::connect_timeout_ms.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace qorgan::net
