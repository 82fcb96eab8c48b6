// What was found wrong with a log, in a file that others can check without asking anyone.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/leaf.h"
#include "ledger/proof.h"

namespace qorgan::ledger {

// One word each, as they stand in the evidence ("kind") and in its file's name.
enum class EvidenceKind {
  // of one log's checkpoints
  malformed_checkpoint,
  bad_signature,
  missing_cosignature,
  forked,       // two signed histories of which neither continues the other
  rolled_back,  // an older checkpoint was shown after a newer one
  stands_still,
  // of what is served beside a checkpoint
  forged_entry,  // does not hash to what the tree holds at its place
  forged_tile,
  reordered,  // the right entries of a bundle in another order
  // of one log's entries
  malformed_leaf,
  time_back,
  false_opening,  // what was opened is not what was committed to
  not_opened,     // a hidden use is past its date
  // of several logs
  missing_use,    // one custodian logged a use and another, whose log went on, did not
  unended,        // agreed to in one log and refused in another, and never aborted in the first
  fields_differ,  // custodians logged different things of one request
};
std::string_view evidence_kind_name(EvidenceKind kind);
// Errors: invalid_input.
Result<EvidenceKind> evidence_kind_from_name(std::string_view name);

struct EvidenceEntry {
  VerifierKey log;
  Bytes entry;
  std::string proof;  // tlog-proof text; empty where there is none: what was served and is in no tree
};

struct Evidence {
  EvidenceKind kind = EvidenceKind::malformed_checkpoint;
  std::int64_t time_s = 0;  // unix time at which it was found
  std::string claim;        // what was found, in a sentence; the same finding has the same claim
  VerifierKey log;          // the one it is about
  std::vector<VerifierKey> cosigners;
  int cosignatures_min = 0;
  std::vector<std::string> checkpoints;  // whole notes, verbatim
  // forked: the root that the larger checkpoint's tree had at the smaller one's size, and the proof of that.
  std::optional<Hash> root;
  Proof proof;
  std::vector<EvidenceEntry> entries;

  // One line of JSON and a line end.
  std::string text() const;
};
// Errors: invalid_input.
Result<Evidence> parse_evidence(std::string_view text);

// Whether two logs' entries agree in what all custodians log alike of one request: event, party, purpose and its
// version, basis, warrant, hidden_until.
bool says_same(const Leaf& a, const Leaf& b);

// What an evidence proves to somebody who has nothing but it, in sentences, and what it merely says.
struct Verdict {
  bool proven = false;  // that the log, or one of the logs, has broken its word
  std::vector<std::string> proves;
  std::vector<std::string> says;
};
// Errors: damaged where a signature or proof in it fails that the evidence rests on, or it shows nothing wrong.
Result<Verdict> verify_evidence(const Evidence& evidence);

// Writes it durably as FOLDER/evidence-TIME-KIND.json and returns the path; where the same claim about the same log is
// there already, that one's. Errors: as write_file_atomically.
Result<std::filesystem::path> save_evidence(const std::filesystem::path& folder, const Evidence& evidence);

}  // namespace qorgan::ledger
