// What a witness remembers of one log, in a file of its own that is replaced as a whole.
//
// Replacing costs three syncs, 0.4 ms where adding to a file costs 0.1 ms (ext4 on an SSD, 600 bytes); it leaves
// nothing half-written that a start would have to tell from damage, which must never set a witness back.
#pragma once

#include "ledger/checkpoint.h"
#include "ledger/disk.h"

namespace qorgan::ledger {

// The newest checkpoint that was cosigned.
struct Seen {
  Checkpoint checkpoint;
  std::int64_t time_s = 0;  // of the cosignature; 0 where another key made it
  std::string note;         // whole, with the log's signatures and the cosignature; empty where there is none
};

std::filesystem::path seen_path(const std::filesystem::path& folder, const std::string& origin);

// A Seen without note where there is no file. Errors: damaged (naming the file: not a note of this origin, a signature
// that fails, or none of a key of `log_keys` or of the witness's own), unavailable.
Result<Seen> read_seen(Disk& disk, const std::filesystem::path& path, const std::string& origin,
                       std::span<const VerifierKey> log_keys, const VerifierKey& own_key);

// Durable once it returns success. After a failure the file may hold either.
Status write_seen(Disk& disk, const std::filesystem::path& path, const Seen& seen);

}  // namespace qorgan::ledger
