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
// Everyone whom a custodian lets in: the two others, the desks, and its own operator, under its own key.
net::PeerTable peers_of(const Network& network);

}  // namespace qorgan::protocol
