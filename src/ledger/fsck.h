// Checks a log's folder, or a copy of one, from its entries up to its signatures.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ledger/disk.h"
#include "ledger/note.h"

namespace qorgan::ledger {

struct FsckOptions {
  std::vector<VerifierKey> log_keys;  // any of them may have signed; at least one
  std::vector<VerifierKey> cosigners;
  int cosignatures_min = 0;   // on the published checkpoint
  bool check_leaves = false;  // that each entry is what a custodian writes (ledger/leaf.h)
};

struct FsckReport {
  std::string origin;
  std::uint64_t size = 0;            // that was checked: the journal's newest where there is one, else the published
  std::uint64_t published_size = 0;  // 0 also where nothing is published
  std::uint64_t bundles = 0;
  std::uint64_t tiles = 0;
  std::uint64_t partial_left = 0;        // partial tiles of former sizes; harmless
  std::vector<std::string> cosigned_by;  // names, on the published checkpoint
  std::vector<std::string> notes;        // what is odd and harmless, in words
  std::optional<Error> wrong;            // the first wrong place; nothing where all is well
};

// Reads alone. Errors, of checking itself: not_found (no log), busy (a process is writing it). What is wrong with the
// log stands in the report.
Result<FsckReport> fsck(const std::filesystem::path& folder, const FsckOptions& options, Disk& disk = Disk::system());

}  // namespace qorgan::ledger
