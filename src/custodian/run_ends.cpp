#include "custodian/run_ends.h"

#include <algorithm>

namespace qorgan::custodian {

void RunEnds::put(int custodian, Status end) {
  const auto i = static_cast<std::size_t>(custodian);
  const std::lock_guard lock(mutex_);
  if (!end && !first_failed_) first_failed_ = i;
  ends_[i] = std::move(end);
  changed_.notify_all();
}

bool RunEnds::wait_all_or_failure(Deadline deadline, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, stop, deadline.at(), [&] { return first_failed_ || all_ended(); }) ||
         stop.stop_requested();
}

void RunEnds::wait_all(Deadline deadline) {
  std::unique_lock lock(mutex_);
  if (changed_.wait_until(lock, deadline.at(), [&] { return all_ended(); })) return;
  for (std::size_t i = 1; i < ends_.size() && !silent_; ++i)
    if (!ends_[i]) silent_ = i;
}

bool RunEnds::all_well() const {
  const std::lock_guard lock(mutex_);
  return all_ended() && !first_failed_;
}

Status RunEnds::outcome(const protocol::Network& network) const {
  const std::lock_guard lock(mutex_);
  if (silent_)
    return failure(ErrorCode::timeout, "a custodian stopped answering in the middle of the comparison",
                   network.describe(static_cast<int>(*silent_)), "Ask again");
  return first_failed_ ? *ends_[*first_failed_] : Status();
}

}  // namespace qorgan::custodian
