#include "custodian/fork.h"

#include <spdlog/spdlog.h>

#include "base/clock.h"
#include "ledger/evidence.h"

namespace qorgan::custodian {

void tell_of_fork(const std::filesystem::path& custodian_folder, const ledger::VerifierKey& log,
                  const std::string& seen_note, const ledger::AddCheckpoint& request) {
  spdlog::error("{} shows a log that contradicts what it showed before", log.name);
  ledger::Evidence evidence;
  evidence.kind = ledger::EvidenceKind::forked;
  evidence.time_s = unix_time_ms() / 1000;
  evidence.claim = "The log has signed two checkpoints of one size with different roots.";
  evidence.log = log;
  evidence.checkpoints = {seen_note, request.checkpoint};
  // Of two sizes it takes a proof from the larger tree, which its owner alone can make.
  if (!ledger::verify_evidence(evidence)) return;
  const std::filesystem::path folder = custodian_folder / kEvidenceFolder;
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  const auto saved = ledger::save_evidence(folder, evidence);
  if (saved) {
    spdlog::error("both checkpoints are kept in {}", saved->string());
  } else {
    spdlog::error("the evidence cannot be kept: {}", saved.error().message());
  }
}

}  // namespace qorgan::custodian
