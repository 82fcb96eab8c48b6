// The last step of the private match: which sums reach their thresholds.
#pragma once

#include <span>

#include "mpc/gates.h"

namespace qorgan::mpc {

// Of sums between -32768 and 32767, each given by one addend a custodian modulo 2^16: one shared bit each, 1 where the
// sum is not negative, (sums + 7) / 8 bytes, unused bits zero. The shares are fresh. 7 exchanges, whatever the number
// of sums (1 at least, asserted). Errors: those of the ring.
Status not_negative(Gates& gates, std::span<const std::uint16_t> addends, MutableSharedBits out);

}  // namespace qorgan::mpc
