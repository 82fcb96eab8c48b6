#include "custodian/peers.h"

#include <thread>

#include "protocol/peer.h"

namespace qorgan::custodian {

Peers::Peers(int index, const protocol::Network& network, const net::TlsIdentity& identity) : network_(network) {
  for (int other = 0; other < protocol::kCustodians; ++other)
    if (other != index)
      clients_[static_cast<std::size_t>(other)] = std::make_unique<net::Client>(
          protocol::peer_of(network, other), identity, protocol::own_hello(network, net::Party::custodian(index)));
}

Result<net::Message> Peers::call(int custodian, const net::Message& question, Deadline deadline) {
  const auto& client = clients_[static_cast<std::size_t>(custodian)];
  QORGAN_ASSERT(client);
  Result<net::Message> answer = client->call(question, deadline);
  if (!answer && answer.error().where.empty()) answer.error().where = network_.describe(custodian);
  return answer;
}

Result<std::array<net::Message, 2>> Peers::call_both(const std::function<net::Message(int custodian)>& question,
                                                     Deadline deadline) {
  Result<net::Message> second;
  std::thread other([&] { second = call(2, question(2), deadline); });
  Result<net::Message> first = call(1, question(1), deadline);
  other.join();
  if (!first) return tl::unexpected(first.error());
  if (!second) return tl::unexpected(second.error());
  return std::array<net::Message, 2>{std::move(*first), std::move(*second)};
}

void Peers::stop() {
  for (const auto& client : clients_)
    if (client) client->close();
}

}  // namespace qorgan::custodian
