// Checkpoints of a log whose key may have changed.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "ledger/checkpoint.h"
#include "protocol/network.h"

namespace qorgan::custodian {

// Every key that a custodian's log is or was signed with; the present one first.
std::vector<ledger::VerifierKey> all_log_keys(const protocol::Network& network, int custodian);
// Every key that a custodian cosigns or cosigned with; the present one first.
std::vector<ledger::VerifierKey> all_cosigner_keys(const protocol::Network& network, int custodian);

// As ledger::open_checkpoint, signed with any of the log's keys. Errors: the first key's.
Result<ledger::SignedCheckpoint> open_signed(std::string_view note, std::span<const ledger::VerifierKey> log_keys,
                                             std::span<const ledger::VerifierKey> cosigners);

}  // namespace qorgan::custodian
