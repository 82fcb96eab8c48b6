// The log of a custodian that is being recovered.
#pragma once

#include <filesystem>
#include <memory>

#include "crypto/signer.h"
#include "custodian/recovery_link.h"
#include "ledger/log_files.h"

namespace qorgan::custodian {

struct RecoveredLog {
  std::unique_ptr<ledger::LogFiles> files;  // held open, so that no daemon begins meanwhile
  bool was_adopted = false;                 // from a mirror; else what is in the folder was whole and the newest
};

// The log in the custodian's folder where it continues what both others have of it; else, in its place, the larger of
// their mirrors: with the log's own signature and a cosignature, every entry read, no smaller than what either has
// cosigned, and a continuation of the smaller one. What was in the folder before is kept as "ledger.old". What this
// custodian had logged and nobody had cosigned yet is lost then; nothing rested on it. Errors: busy (a daemon runs),
// damaged (the mirrors contradict one another, or an entry is none), unavailable, wrong_network, storage_full.
Result<RecoveredLog> recover_log(const std::filesystem::path& custodian_folder, int index,
                                 const protocol::Network& network, const ledger::Signers& signers, RecoveryLink& link);

}  // namespace qorgan::custodian
