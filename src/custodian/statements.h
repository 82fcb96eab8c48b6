// What this custodian signs or proves for people and desks.
#pragma once

#include <memory>
#include <vector>

#include "custodian/engine.h"
#include "net/message.h"
#include "protocol/log_keys.h"
#include "rights/absence.h"
#include "rights/erasure.h"

namespace qorgan::custodian {

// Thread-safe.
class Statements {
 public:
  // What is given outlives it.
  Statements(Engine& engine, const protocol::Network& network, std::shared_ptr<crypto::Signer> signer);

  // The entries of an ended request with their proofs, an erasure's with the signed statement as well: fields
  // "evidence", "statement", "notices", "terms" of an answer, those that the request's kind has. Waits until all is
  // published. Errors: timeout.
  Status add_evidence(const protocol::Request& request, Deadline deadline, net::Json& answer);
  // {"leaf", "opening", "proof"}
  Result<rights::Evidence> evidence_of(const LoggedEntry& entry) const;
  // Of each, all towards one checkpoint.
  Result<std::vector<rights::Evidence>> evidence_of(const std::vector<LoggedEntry>& entries) const;
  // That nothing is held on a pseudonym; logged before, as is the other answer. Errors: refused where something is
  // held; as Engine::look_for's.
  Result<std::string> absence(const AbsenceQuestion& question, Deadline deadline);
  // Notices of an erasure as they stand now, signed.
  Result<std::string> notices(const protocol::RecordId& record, const protocol::RequestId& erasure);

 private:
  Engine& engine_;
  const protocol::Network& network_;
  const std::shared_ptr<crypto::Signer> signer_;
  const ledger::VerifierKey key_;
};

}  // namespace qorgan::custodian
