// All lanes of this custodian, in two groups: one lane for the quick comparisons of verifications, the others for
// searches, so that nobody at a counter waits for a search to end.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "base/limits.h"
#include "custodian/lane.h"
#include "protocol/request.h"

namespace qorgan::custodian {

class Lanes {
 public:
  Lanes(int index, const protocol::Network& network, const net::TlsIdentity& identity) {
    for (int number = 0; number < 1 + network.search_lanes; ++number)
      lanes_.push_back(std::make_unique<Lane>(index, number, network, identity));
  }

  std::vector<Lane*> group(protocol::Kind kind) {
    std::vector<Lane*> group;
    const std::size_t first = kind == protocol::Kind::verify ? 0 : 1;
    const std::size_t end = kind == protocol::Kind::verify ? 1 : lanes_.size();
    for (std::size_t i = first; i < end; ++i) group.push_back(lanes_[i].get());
    return group;
  }
  // Kept by whoever opens a group's lanes or compares over them, so that one thread uses them at a time. Not held
  // (false) where the deadline passed first.
  using Hold = std::unique_lock<std::timed_mutex>;
  Hold hold(protocol::Kind kind, Deadline deadline) {
    return Hold(in_use_[kind == protocol::Kind::verify ? 0 : 1], deadline.at());
  }
  // Null where there is no lane of that number.
  Lane* find(int number) {
    return number >= 0 && static_cast<std::size_t>(number) < lanes_.size()
               ? lanes_[static_cast<std::size_t>(number)].get()
               : nullptr;
  }
  void shutdown() {
    for (const auto& lane : lanes_) lane->shutdown();
  }

  // Opens a group's lanes in one session. Errors: the first lane's that fails; all are closed then.
  static Status open(const std::vector<Lane*>& group, const LaneSession& session, Deadline deadline);
  // Whether all were opened in that session and have not failed since.
  static bool are_open(const std::vector<Lane*>& group, const LaneSession& session);
  static bool are_quiet(const std::vector<Lane*>& group);
  static void close(const std::vector<Lane*>& group);

 private:
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::array<std::timed_mutex, 2> in_use_;
};

}  // namespace qorgan::custodian
