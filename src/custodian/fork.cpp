#include "custodian/fork.h"

#include <spdlog/spdlog.h>

#include "base/clock.h"
#include "ledger/evidence.h"

namespace qorgan::custodian {

void tell_of_fork(const std::filesystem::path& custodian_folder, const ledger::VerifierKey& log,
                  const std::string& seen_note, const ledger::AddCheckpoint& request) {
  ledger::Evidence evidence;
  evidence.kind = ledger::EvidenceKind::forked;
  evidence.time_s = unix_time_ms() / 1000;
  evidence.claim = "The log has signed two checkpoints of one size with different roots.";
  evidence.log = log;
  evidence.checkpoints = {seen_note, request.checkpoint};
  // Of two sizes it takes a proof from the larger tree, which its owner alone can make. Whoever has read a checkpoint
  // may send it with a wrong one, as often as they like.
  if (!ledger::verify_evidence(evidence)) {
    spdlog::debug("{} was shown without a proof that it continues what was seen", log.name);
    return;
  }
  spdlog::error("{} shows a log that contradicts what it showed before", log.name);
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
