// The log's end of C2SP tlog-witness: one witness is asked for its cosignatures.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "ledger/tiles.h"
#include "ledger/witness.h"

namespace qorgan::ledger {

// Asks one witness. Errors: it cannot be reached. Called on threads of the log's, one at a time a witness.
using AskWitness = std::function<Result<WitnessAnswer>(const AddCheckpoint& request)>;

struct LogWitness {
  VerifierKey key;
  AskWitness ask;
};

// Remembers how much of the log its witness has seen. Not thread-safe.
class WitnessClient {
 public:
  WitnessClient(LogWitness witness, const TileReader& tiles) : witness_(std::move(witness)), tiles_(tiles) {}

  const VerifierKey& key() const { return witness_.key; }
  // What the witness has said that it knows, or has cosigned.
  std::uint64_t known_size() const { return known_size_; }

  // The witness's cosignature, verified, of a checkpoint that this log has signed (`note` is the whole note) and whose
  // tiles are written. Errors: stale: the witness knows a larger log than this checkpoint's, or one with other entries;
  // refused: it gives no cosignature; damaged: a wrong one, or this log's own tiles; those of asking.
  Result<NoteSignature> cosign(const Checkpoint& checkpoint, const std::string& note);

 private:
  Result<AddCheckpoint> request_for(const Checkpoint& checkpoint, const std::string& note) const;
  Result<NoteSignature> take_cosignature(const Checkpoint& checkpoint, const WitnessAnswer& answer);
  Status take_size(const Checkpoint& checkpoint, const WitnessAnswer& answer);
  tl::unexpected<Error> other_history() const;

  LogWitness witness_;
  const TileReader& tiles_;
  std::uint64_t known_size_ = 0;
  bool is_told_ = false;  // known_size_ comes from the witness
};

}  // namespace qorgan::ledger
