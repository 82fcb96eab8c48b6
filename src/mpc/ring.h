// How the private match talks: three custodians in a ring, every message going from custodian i to custodian i-1
// (modulo 3). The match is lockstep: all three make the same sequence of exchanges, with lengths that depend on public
// sizes alone.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace qorgan::mpc {

class Ring {
 public:
  virtual ~Ring() = default;
  // Sends `to_previous` to custodian i-1 while receiving exactly from_next.size() bytes from custodian i+1; either may
  // be empty, and nothing is sent or waited for then. Returns when both are done. The custodian at the other end makes
  // the matching call. Errors: unavailable (the partner went away), timeout, damaged (another length than expected).
  virtual Status exchange(ByteView to_previous, MutableByteView from_next) = 0;
};

}  // namespace qorgan::mpc
