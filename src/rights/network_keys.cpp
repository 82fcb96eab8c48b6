#include "rights/network_keys.h"

#include "protocol/log_keys.h"

namespace qorgan::rights {

NetworkKeys keys_of(const protocol::Network& network) {
  NetworkKeys keys;
  keys.network = network.id();
  for (int i = 0; i < protocol::kCustodians; ++i)
    keys.custodians[static_cast<std::size_t>(i)] = {network.custodians[static_cast<std::size_t>(i)].name,
                                                    protocol::log_key(network, i), protocol::cosigner_key(network, i)};
  for (int i = 0; i < protocol::kCustodians; ++i)
    for (const ledger::VerifierKey& log : protocol::former_log_keys(network, i)) {
      ledger::VerifierKey cosigner = log;
      cosigner.type = ledger::KeyType::cosignature;
      keys.former[static_cast<std::size_t>(i)].push_back(
          {network.custodians[static_cast<std::size_t>(i)].name, log, cosigner});
    }
  return keys;
}

}  // namespace qorgan::rights
