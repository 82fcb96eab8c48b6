#include "mpc/session.h"

#include "mpc/shares.h"

namespace qorgan::mpc {

LaneKeys::LaneKeys(int party, const crypto::Key& with_previous, const crypto::Key& with_next, std::uint32_t lane)
    : party_(party), own_(with_previous, lane), next_(with_next, lane) {
  QORGAN_ASSERT(party >= 0 && party < kParties);
}

void LaneKeys::begin_step() {
  ++step_;
  own_.begin_step(step_);
  next_.begin_step(step_);
}

}  // namespace qorgan::mpc
