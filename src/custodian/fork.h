// What a custodian does when another one's log contradicts itself.
#pragma once

#include <filesystem>
#include <string>

#include "ledger/note.h"
#include "ledger/witness.h"

namespace qorgan::custodian {

inline constexpr const char* kEvidenceFolder = "evidence";

// Logs it; where the two checkpoints prove it by themselves they are kept as evidence (ledger/evidence.h) in the
// custodian's folder.
void tell_of_fork(const std::filesystem::path& custodian_folder, const ledger::VerifierKey& log,
                  const std::string& seen_note, const ledger::AddCheckpoint& request);

}  // namespace qorgan::custodian
