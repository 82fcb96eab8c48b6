// Who goes on from the sieve to the score: opened to the custodians, hidden among people drawn by lot.
#pragma once

#include <vector>

#include "mpc/accept.h"
#include "mpc/gates.h"

namespace qorgan::mpc {

// The people, in rising order, who were accepted or drawn. Each person is drawn with probability 2^-lot_bits, by bits
// that the three custodians make together and none of them knows: of someone opened, a custodian cannot tell which it
// was (docs/protocol-match.md, 7, says how much it learns). lot_bits 0 opens everyone. All three custodians get the
// same answer. 2 + log2(lot_bits) exchanges, rounded up. Errors: those of the ring.
Result<std::vector<std::size_t>> open_survivors(Gates& gates, const AcceptShares& accepted, int lot_bits);

}  // namespace qorgan::mpc
