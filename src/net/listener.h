// Accepts TCP connections on a thread of its own. For this module's .cpp files alone.
#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "net/socket.h"

namespace qorgan::net {

class Listener {
 public:
  // `accepted` runs on the listener's thread and must return soon.
  using Accepted = std::function<void(std::shared_ptr<Socket> socket)>;

  // Errors: as Server::start.
  static Result<std::unique_ptr<Listener>> start(const Address& address, Accepted accepted);
  // Stops.
  ~Listener();

  const Address& address() const;
  // Returns when `accepted` will not be called again.
  void stop();

 private:
  struct State;
  explicit Listener(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace qorgan::net
