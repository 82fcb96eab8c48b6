// A link of given delay on one machine: a TCP relay that passes every byte on so much later, in both directions,
// without slowing the flow.
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"

namespace qorgan::cli {

class DelayRelay {
 public:
  // Listens on a free port of loopback and passes each connection on to target_port of loopback. Errors: unavailable.
  static Result<DelayRelay> start(std::uint16_t target_port, int delay_ms);
  // Ends all connections.
  ~DelayRelay();
  DelayRelay(DelayRelay&&) noexcept;
  DelayRelay& operator=(DelayRelay&&) = delete;

  std::uint16_t port() const;

 private:
  class State;
  explicit DelayRelay(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace qorgan::cli
