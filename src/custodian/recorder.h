// Puts into the log what the engine has written down for it, in that order.
#pragma once

#include <map>
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
  Status append(const store::Entry& entry);

  Engine& engine_;
  // In the log, but the store could not be told yet, by number: never appended twice.
  std::map<std::int64_t, std::uint64_t> unmarked_;
  std::jthread thread_;
};

}  // namespace qorgan::custodian
