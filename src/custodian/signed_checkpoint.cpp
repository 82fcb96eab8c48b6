#include "custodian/signed_checkpoint.h"

#include "protocol/log_keys.h"

namespace qorgan::custodian {
namespace {

std::vector<ledger::VerifierKey> with_former(ledger::VerifierKey present, const protocol::Network& network,
                                             int custodian) {
  std::vector<ledger::VerifierKey> keys = {std::move(present)};
  for (const crypto::SignPublicKey& former : network.custodians[static_cast<std::size_t>(custodian)].former_sign_keys)
    keys.push_back({keys.front().name, keys.front().type, former});
  return keys;
}

}  // namespace

std::vector<ledger::VerifierKey> all_log_keys(const protocol::Network& network, int custodian) {
  return with_former(protocol::log_key(network, custodian), network, custodian);
}

std::vector<ledger::VerifierKey> all_cosigner_keys(const protocol::Network& network, int custodian) {
  return with_former(protocol::cosigner_key(network, custodian), network, custodian);
}

Result<ledger::SignedCheckpoint> open_signed(std::string_view note, std::span<const ledger::VerifierKey> log_keys,
                                             std::span<const ledger::VerifierKey> cosigners) {
  QORGAN_ASSERT(!log_keys.empty());
  Result<ledger::SignedCheckpoint> opened = ledger::open_checkpoint(note, log_keys.front(), cosigners);
  for (std::size_t i = 1; !opened && i < log_keys.size(); ++i)
    if (auto other = ledger::open_checkpoint(note, log_keys[i], cosigners)) return other;
  return opened;
}

}  // namespace qorgan::custodian
