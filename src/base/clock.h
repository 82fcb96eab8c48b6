// Time, given in so that tests can set it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace qorgan {

// Milliseconds since 1970-01-01T00:00:00Z by the system's clock.
std::int64_t unix_time_ms();
// "2026-11-23T04:06:49Z"
std::string format_utc(std::int64_t unix_time_ms);

// A moment by which something must have happened, on the clock that never jumps.
class Deadline {
 public:
  static Deadline after_ms(std::int64_t milliseconds) {
    return Deadline(Clock::now() + std::chrono::milliseconds(milliseconds));
  }
  bool passed() const { return Clock::now() >= at_; }
  // Never negative.
  std::int64_t left_ms() const;
  std::chrono::steady_clock::time_point at() const { return at_; }
  Deadline earlier(Deadline other) const { return at_ < other.at_ ? *this : other; }

 private:
  using Clock = std::chrono::steady_clock;
  explicit Deadline(Clock::time_point at) : at_(at) {}
  Clock::time_point at_;
};

}  // namespace qorgan
