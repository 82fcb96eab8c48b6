#include "base/clock.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <ctime>

namespace qorgan {

std::int64_t unix_time_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string format_utc(std::int64_t unix_time_ms) {
  const auto seconds = static_cast<std::time_t>(unix_time_ms / 1000);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
}

std::int64_t Deadline::left_ms() const {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(at_ - Clock::now()).count();
  return std::max<std::int64_t>(left, 0);
}

}  // namespace qorgan
