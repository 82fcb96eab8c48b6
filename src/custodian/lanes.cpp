#include "custodian/lanes.h"

#include <algorithm>

namespace qorgan::custodian {

Status Lanes::open(const std::vector<Lane*>& group, const LaneSession& session, Deadline deadline) {
  for (Lane* lane : group) {
    if (Status opened = lane->open(session, deadline); !opened) {
      close(group);
      return opened;
    }
  }
  return {};
}

bool Lanes::are_open(const std::vector<Lane*>& group, const LaneSession& session) {
  return std::all_of(group.begin(), group.end(), [&](const Lane* lane) { return lane->is_open(session); });
}

bool Lanes::are_quiet(const std::vector<Lane*>& group) {
  return std::all_of(group.begin(), group.end(), [](const Lane* lane) { return lane->is_quiet(); });
}

void Lanes::close(const std::vector<Lane*>& group) {
  for (Lane* lane : group) lane->close();
}

}  // namespace qorgan::custodian
