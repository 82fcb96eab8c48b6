// Puts into the log what the engine has written down for it, in that order.
#pragma once

#include <thread>

#include "custodian/engine.h"

namespace qorgan::custodian {

class Recorder {
 public:
  // The engine outlives it.
  explicit Recorder(Engine& engine);
  // The engine has been stopped before.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

 private:
  void run(const std::stop_token& stop);
  Status record(const store::Entry& entry);

  Engine& engine_;
  std::jthread thread_;
};

}  // namespace qorgan::custodian
