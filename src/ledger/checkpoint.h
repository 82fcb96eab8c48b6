// Checkpoints (C2SP tlog-checkpoint): the text of a note that says how large a log is and what its root hash is.
#pragma once

#include <string>
#include <string_view>

#include "ledger/merkle.h"
#include "ledger/note.h"

namespace qorgan::ledger {

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Hash root{};

  // "origin\nsize\nbase64(root)\n"
  std::string text() const;
  bool operator==(const Checkpoint&) const = default;
};

// Exactly three lines: a checkpoint with extension lines is refused, since nobody here would check what they say.
// Errors: invalid_input (a size with leading zeroes or above 2^63 - 1, a root that is no 32 bytes, an empty origin).
Result<Checkpoint> parse_checkpoint(std::string_view text);

// A checkpoint and who signed it.
struct SignedCheckpoint {
  Checkpoint checkpoint;
  Note note;
  std::vector<VerifiedSignature> cosignatures;  // of the trusted cosigners, one each
};
// Parses a whole note, verifies that the log's own key has signed it, that its origin is that key's name, and which
// cosigners have. Errors: invalid_input, refused (the log's key has not signed), damaged (a known key's signature
// fails), wrong_network (another origin).
Result<SignedCheckpoint> open_checkpoint(std::string_view whole, const VerifierKey& log,
                                         std::span<const VerifierKey> cosigners);

}  // namespace qorgan::ledger
