#include "protocol/peer.h"

namespace qorgan::protocol {

net::Hello own_hello(const Network& network, const net::Party& party) {
  net::Hello hello;
  hello.network = network.id();
  hello.party = party;
  return hello;
}

net::Peer peer_of(const Network& network, int custodian) {
  const CustodianEntry& entry = network.custodians[static_cast<std::size_t>(custodian)];
  return {{entry.host, entry.port}, entry.tls_pin, net::Party::custodian(custodian)};
}

net::PeerTable peers_of(const Network& network, int index) {
  net::PeerTable peers;
  for (int other = 0; other < kCustodians; ++other)
    if (other != index)
      peers.emplace(network.custodians[static_cast<std::size_t>(other)].tls_pin, net::Party::custodian(other));
  for (const DeskEntry& desk : network.desks) peers.emplace(desk.tls_pin, net::Party::desk(desk.name));
  return peers;
}

}  // namespace qorgan::protocol
