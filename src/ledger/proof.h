// Proofs of inclusion to carry away (C2SP tlog-proof): with the entry itself, all that one needs offline.
#pragma once

#include <string>
#include <string_view>

#include "ledger/checkpoint.h"

namespace qorgan::ledger {

struct LogProof {
  Bytes extra;  // opaque and not authenticated; empty where there is none
  std::uint64_t index = 0;
  Proof hashes;
  std::string checkpoint;  // the whole note, verbatim

  // "c2sp.org/tlog-proof@v1\n[extra BASE64\n]index N\nBASE64\n...\n\n" and the checkpoint.
  std::string text() const;
};

// Errors: invalid_input (another form, larger than limits::log_proof_bytes_max, a checkpoint that is no note).
Result<LogProof> parse_log_proof(std::string_view text);

// Whose word is taken for a log.
struct TrustedLog {
  VerifierKey log;
  std::vector<VerifierKey> cosigners;
  int cosignatures_min = 1;
};

// That `entry` is at proof.index in the log, and that the log and enough cosigners have signed its checkpoint. Errors:
// as open_checkpoint's and verify_inclusion's; refused where too few cosigners have.
Result<SignedCheckpoint> verify_log_proof(const LogProof& proof, ByteView entry, const TrustedLog& trusted);

}  // namespace qorgan::ledger
