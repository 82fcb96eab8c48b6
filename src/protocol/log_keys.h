// The custodians' logs as the network file knows them.
#pragma once

#include <vector>

#include "ledger/proof.h"
#include "protocol/network.h"

namespace qorgan::protocol {

// "qorgan/0123456789abcdef/custodian-1": the network's id, cut to 16 digits, and the custodian. Also the name that its
// key signs under.
std::string log_origin(const Network& network, int custodian);
// The log's own key, and the one that the custodian cosigns the other logs with: one Ed25519 key under two types.
ledger::VerifierKey log_key(const Network& network, int custodian);
ledger::VerifierKey cosigner_key(const Network& network, int custodian);
// Those that the log was signed with, and others cosigned with, before the present one; the oldest first.
std::vector<ledger::VerifierKey> former_log_keys(const Network& network, int custodian);
// The log of one custodian, to be cosigned by one of the others at least.
ledger::TrustedLog trusted_log(const Network& network, int custodian);

}  // namespace qorgan::protocol
