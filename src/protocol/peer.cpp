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

net::PeerTable peers_of(const Network& network) {
  net::PeerTable peers;
  for (int custodian = 0; custodian < kCustodians; ++custodian)
    peers.emplace(network.custodians[static_cast<std::size_t>(custodian)].tls_pin, net::Party::custodian(custodian));
  for (const DeskEntry& desk : network.desks) peers.emplace(desk.tls_pin, net::Party::desk(desk.name));
  return peers;
}

}  // namespace qorgan::protocol
