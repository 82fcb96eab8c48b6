// How long to wait before what failed is tried again.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/limits.h"

namespace qorgan::ledger {

// Each pause is twice as long as the one before, from limits::log_retry_pause_ms_min to _max.
class Pause {
 public:
  std::chrono::milliseconds next() {
    const int now_ms = next_ms_;
    next_ms_ = std::min(2 * next_ms_, limits::log_retry_pause_ms_max);
    return std::chrono::milliseconds(now_ms);
  }
  void reset() { next_ms_ = limits::log_retry_pause_ms_min; }

 private:
  int next_ms_ = limits::log_retry_pause_ms_min;
};

}  // namespace qorgan::ledger
