// What the owner of a log and those who mirror it tell one another (docs/protocol.md, 2), made and read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/witness.h"
#include "net/message.h"

namespace qorgan::custodian {

// Entries of 1..65,535 bytes, each after its length in two bytes.
Bytes join_entries(const std::vector<Bytes>& entries);
// Errors: damaged (cut short, or an empty entry).
Result<std::vector<Bytes>> split_entries(ByteView bytes);

// Entries for a mirror, and the question for a cosignature.
struct MirrorUpdate {
  std::uint64_t from = 0;  // index of the first entry
  std::vector<Bytes> entries;
  std::string add_checkpoint;  // AddCheckpoint::text(); empty: more entries follow
};
net::Message cosign_message(const MirrorUpdate& update);
// Errors: invalid_input, damaged.
Result<MirrorUpdate> read_cosign(const net::Message& message);

// The witness's answer, or the mirror's own: 202 where the entries are taken and more are to come, 425 where entries
// before those are missing; 429 or 507 where nothing is added at present.
struct MirrorAnswer {
  ledger::WitnessAnswer witness;
  std::uint64_t mirror_size = 0;
};
inline constexpr int kMoreToCome = 202;
inline constexpr int kBehind = 425;
inline constexpr int kTooFast = 429;  // the log grows faster than a mirror follows
inline constexpr int kNoRoom = 507;   // on the mirror's disk
net::Message cosign_answer(const MirrorAnswer& answer);
Result<MirrorAnswer> read_cosign_answer(const net::Message& message);

}  // namespace qorgan::custodian
