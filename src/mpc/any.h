// Whether anybody was accepted, and nothing else of who was: a search's answer of one bit.
#pragma once

#include "mpc/gates.h"

namespace qorgan::mpc {

// `out`, one byte a share, becomes the OR of the first `count` of the shared `bits` in its lowest bit, and zeros above.
// `bits` has (count + 7) / 8 bytes, its unused bits zero in both shares; count 0 gives 0. The shares are fresh. The
// exchanges' number, 3 + log2 of the bytes rounded up, and their lengths depend on `count` alone. Errors: those of the
// ring.
Status any_of(Gates& gates, SharedBits bits, std::size_t count, MutableSharedBits out);

}  // namespace qorgan::mpc
