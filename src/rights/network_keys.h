// The keys of a network that one trusts, as papers are checked against.
#pragma once

#include "protocol/network.h"
#include "rights/evidence.h"

namespace qorgan::rights {

NetworkKeys keys_of(const protocol::Network& network);

}  // namespace qorgan::rights
