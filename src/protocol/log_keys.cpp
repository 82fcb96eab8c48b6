#include "protocol/log_keys.h"

#include <fmt/format.h>

namespace qorgan::protocol {

std::string log_origin(const Network& network, int custodian) {
  return fmt::format("qorgan/{}/custodian-{}", to_hex(network.id()).substr(0, 16), custodian);
}

ledger::VerifierKey log_key(const Network& network, int custodian) {
  return {log_origin(network, custodian), ledger::KeyType::ed25519,
          network.custodians[static_cast<std::size_t>(custodian)].sign_key};
}

ledger::VerifierKey cosigner_key(const Network& network, int custodian) {
  ledger::VerifierKey key = log_key(network, custodian);
  key.type = ledger::KeyType::cosignature;
  return key;
}

std::vector<ledger::VerifierKey> former_log_keys(const Network& network, int custodian) {
  std::vector<ledger::VerifierKey> keys;
  for (const crypto::SignPublicKey& key : network.custodians[static_cast<std::size_t>(custodian)].former_sign_keys)
    keys.push_back({log_origin(network, custodian), ledger::KeyType::ed25519, key});
  return keys;
}

ledger::TrustedLog trusted_log(const Network& network, int custodian) {
  ledger::TrustedLog trusted;
  trusted.log = log_key(network, custodian);
  for (int other = 0; other < kCustodians; ++other)
    if (other != custodian) trusted.cosigners.push_back(cosigner_key(network, other));
  return trusted;
}

}  // namespace qorgan::protocol
