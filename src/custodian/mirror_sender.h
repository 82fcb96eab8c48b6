// The other end of a mirror: sends a log's new entries to one who mirrors it, and asks for the cosignature.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "custodian/mirror_messages.h"
#include "ledger/tiles.h"
#include "ledger/witness_client.h"

namespace qorgan::custodian {

// For ledger::LogWitness::ask. Not thread-safe.
class MirrorSender {
 public:
  using Call = std::function<Result<net::Message>(const net::Message& question)>;

  // Of the log in that folder.
  MirrorSender(std::filesystem::path log_folder, Call call);

  // Sends what the mirror lacks, in as many messages as that takes. Errors: those of the call and of reading the log;
  // refused (the mirror answers otherwise than it may).
  Result<ledger::WitnessAnswer> ask(const ledger::AddCheckpoint& request);

 private:
  Result<std::vector<Bytes>> read_entries(std::uint64_t from, std::uint64_t size) const;

  ledger::TileReader reader_;
  Call call_;
  std::optional<std::uint64_t> mirrored_;  // how much the mirror has, where it has said so
};

}  // namespace qorgan::custodian
