// How one comparison ends at each of the three: what the coordinator gathers while it runs.
#pragma once

#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>

#include "base/clock.h"
#include "base/result.h"
#include "protocol/network.h"

namespace qorgan::custodian {

// Thread-safe.
class RunEnds {
 public:
  // Once for each custodian.
  void put(int custodian, Status end);

  // Until all have ended or one has failed. False where the deadline passed first; true also where `stop` was
  // requested.
  bool wait_all_or_failure(Deadline deadline, std::stop_token stop);
  // Until all have ended, or the deadline.
  void wait_all(Deadline deadline);
  bool all_well() const;

  // Success where all three ended well. Otherwise timeout, naming one that had not answered when wait_all() gave up;
  // else the failure that came first, as the later ones follow from it.
  Status outcome(const protocol::Network& network) const;

 private:
  bool all_ended() const { return ends_[0] && ends_[1] && ends_[2]; }

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::array<std::optional<Status>, protocol::kCustodians> ends_;
  std::optional<std::size_t> first_failed_;
  std::optional<std::size_t> silent_;
};

}  // namespace qorgan::custodian
