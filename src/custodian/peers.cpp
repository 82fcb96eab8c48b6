#include "custodian/peers.h"

#include <thread>

#include "base/limits.h"
#include "protocol/peer.h"

namespace qorgan::custodian {

Peers::Peers(int index, const protocol::Network& network, const net::TlsIdentity& identity) : network_(network) {
  const net::Hello own = protocol::own_hello(network, net::Party::custodian(index));
  for (int other = 0; other < protocol::kCustodians; ++other) {
    if (other == index) continue;
    const auto i = static_cast<std::size_t>(other);
    const net::Peer peer = protocol::peer_of(network, other);
    clients_[i] = std::make_unique<net::Client>(peer, identity, own);
    vote_clients_[i] = std::make_unique<net::Client>(peer, identity, own, limits::vote_connections_max);
  }
}

Result<net::Message> Peers::call(int custodian, const net::Message& question, Deadline deadline, std::stop_token stop) {
  return call(clients_, custodian, question, deadline, std::move(stop));
}

Result<net::Message> Peers::call_vote(int custodian, const net::Message& question, Deadline deadline,
                                      std::stop_token stop) {
  return call(vote_clients_, custodian, question, deadline, std::move(stop));
}

Result<net::Message> Peers::call(Clients& clients, int custodian, const net::Message& question, Deadline deadline,
                                 std::stop_token stop) {
  const auto& client = clients[static_cast<std::size_t>(custodian)];
  QORGAN_ASSERT(client);
  Result<net::Message> answer = client->call(question, deadline, std::move(stop));
  if (!answer && answer.error().where.empty()) answer.error().where = network_.describe(custodian);
  return answer;
}

Result<std::array<net::Message, 2>> Peers::call_both(const std::function<net::Message(int custodian)>& question,
                                                     Deadline deadline, std::stop_token stop) {
  return call_both(clients_, question, deadline, stop);
}

Result<std::array<net::Message, 2>> Peers::call_vote_both(const std::function<net::Message(int custodian)>& question,
                                                          Deadline deadline, std::stop_token stop) {
  return call_both(vote_clients_, question, deadline, stop);
}

Result<std::array<net::Message, 2>> Peers::call_both(Clients& clients,
                                                     const std::function<net::Message(int custodian)>& question,
                                                     Deadline deadline, const std::stop_token& stop) {
  Result<net::Message> second;
  Result<net::Message> first;
  {
    const std::jthread other([&] { second = call(clients, 2, question(2), deadline, stop); });
    first = call(clients, 1, question(1), deadline, stop);
  }
  if (!first) return tl::unexpected(first.error());
  if (!second) return tl::unexpected(second.error());
  return std::array<net::Message, 2>{std::move(*first), std::move(*second)};
}

void Peers::stop() {
  for (const Clients* clients : {&clients_, &vote_clients_})
    for (const auto& client : *clients)
      if (client) client->close();
}

}  // namespace qorgan::custodian
