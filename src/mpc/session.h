// One custodian's end of a lane: who it is and the keystreams it has in common with its two neighbours.
#pragma once

#include <cstdint>

#include "crypto/keystream.h"
#include "crypto/secret.h"

namespace qorgan::mpc {

// Made afresh for each session from keys that both neighbours agreed on in that session (crypto/key_exchange.h). Steps
// are numbered from 1 and never come back: all three custodians begin the same steps in the same order, and within a
// step both holders of a stream take the same numbers of bytes from it in the same order. Not thread-safe; movable.
class LaneKeys {
 public:
  // `party` is 0, 1 or 2 (asserted); `with_previous` is shared with custodian party-1, `with_next` with party+1. `lane`
  // numbers the lanes of one session: two lanes of the same number would repeat one another's keystreams.
  LaneKeys(int party, const crypto::Key& with_previous, const crypto::Key& with_next, std::uint32_t lane);

  int party() const { return party_; }
  // The last step begun; 0 at first.
  std::uint64_t step() const { return step_; }
  void begin_step();
  // F(k_party), common with custodian party-1; F(k_(party+1)), common with custodian party+1. Of the current step.
  crypto::Keystream& own() { return own_; }
  crypto::Keystream& next() { return next_; }

 private:
  int party_ = 0;
  std::uint64_t step_ = 0;
  crypto::Keystream own_;
  crypto::Keystream next_;
};

}  // namespace qorgan::mpc
