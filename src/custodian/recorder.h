// Puts into the log what the engine has written down for it, in that order.
#pragma once

#include <map>
#include <thread>

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
  Status record(const store::Entry& entry);
  Status append(const store::Entry& entry);
  Status settle(const Error& doubt, const std::stop_token& stop);

  Engine& engine_;
  const int append_timeout_ms_;
  // In the log, but the store could not be told yet, by number: never appended twice.
  std::map<std::int64_t, std::uint64_t> unmarked_;
  std::jthread thread_;
};

}  // namespace qorgan::custodian
