// The network file's entries in the form that connections take.
#pragma once

#include "net/hello.h"
#include "net/server.h"
#include "protocol/network.h"

namespace qorgan::protocol {

// What `party` says of itself first on a control connection.
net::Hello own_hello(const Network& network, const net::Party& party);
// How a custodian is reached and known.
net::Peer peer_of(const Network& network, int custodian);
// Everyone whom custodian `index` lets in: the two others and the desks.
net::PeerTable peers_of(const Network& network, int index);

}  // namespace qorgan::protocol
