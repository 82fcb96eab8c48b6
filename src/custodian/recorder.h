// Puts into the log what the engine has written down for it, in that order.
#pragma once

#include <span>
#include <thread>
#include <vector>

#include "base/limits.h"
#include "custodian/engine.h"

namespace qorgan::custodian {

class Recorder {
 public:
  // The engine outlives it. An entry that is not durable after so long is in doubt; tests wait less.
  explicit Recorder(Engine& engine, int append_timeout_ms = limits::recorder_append_timeout_ms);
  // The engine has been stopped before.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

 private:
  void run(const std::stop_token& stop);
  Status record(std::span<store::Entry> entries);
  Status append(std::span<store::Entry> entries);
  Status give_up(std::span<const store::Entry> entries, const Error& reason);
  Status settle(const Error& doubt, const std::stop_token& stop);

  Engine& engine_;
  const int append_timeout_ms_;
  // In the log, but the store could not be told yet: never appended twice.
  std::vector<store::Entry> unmarked_;
  std::uint64_t unmarked_index_ = 0;  // of the first
  std::jthread thread_;
};

}  // namespace qorgan::custodian
