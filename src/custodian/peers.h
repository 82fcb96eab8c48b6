// Questions to the other custodians.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <stop_token>

#include "base/clock.h"
#include "net/client.h"
#include "net/identity.h"
#include "net/message.h"
#include "protocol/network.h"

namespace qorgan::custodian {

// Thread-safe.
class Peers {
 public:
  Peers(int index, const protocol::Network& network, const net::TlsIdentity& identity);

  // Errors name the custodian: unavailable, timeout, wrong_network, version_mismatch, or what the other answered.
  // Every call ends with `unavailable` soon after `stop` is requested.
  Result<net::Message> call(int custodian, const net::Message& question, Deadline deadline, std::stop_token stop = {});
  // The same on connections of their own, for questions that may wait at the other custodian.
  Result<net::Message> call_vote(int custodian, const net::Message& question, Deadline deadline,
                                 std::stop_token stop = {});
  // Asks custodians 1 and 2 at once; `question` makes each one's. Both answers, or the first error.
  Result<std::array<net::Message, 2>> call_both(const std::function<net::Message(int custodian)>& question,
                                                Deadline deadline, std::stop_token stop = {});
  Result<std::array<net::Message, 2>> call_vote_both(const std::function<net::Message(int custodian)>& question,
                                                     Deadline deadline, std::stop_token stop = {});
  // Ends every call with `unavailable`, and refuses new ones.
  void stop();

 private:
  using Clients = std::array<std::unique_ptr<net::Client>, protocol::kCustodians>;  // null for itself

  Result<net::Message> call(Clients& clients, int custodian, const net::Message& question, Deadline deadline,
                            std::stop_token stop);
  Result<std::array<net::Message, 2>> call_both(Clients& clients,
                                                const std::function<net::Message(int custodian)>& question,
                                                Deadline deadline, const std::stop_token& stop);

  const protocol::Network& network_;
  Clients clients_;
  Clients vote_clients_;
};

}  // namespace qorgan::custodian
