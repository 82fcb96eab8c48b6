// Follows one log: keeps a mirror of it, and takes nothing into the mirror that the log's newest checkpoint does not
// vouch for, and no checkpoint that does not continue the last one.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/disk.h"
#include "ledger/evidence.h"
#include "ledger/source.h"

namespace qorgan::ledger {

struct FollowerOptions {
  // Of this log alone: `checkpoint`, the last one that was verified, whole; `tile/...` as the log serves them.
  std::filesystem::path folder;
  TrustedLog trusted;
  // A checkpoint whose newest cosignature is older than this is an alarm; 0: never.
  std::int64_t still_s_max = 0;
  std::function<std::int64_t()> now_s;  // unix time
  Disk* disk = nullptr;                 // null: the system's files
};

struct FollowUpdate {
  std::uint64_t old_size = 0;
  std::uint64_t size = 0;
  // What is wrong with the log; the mirror stays as it was, unless it merely stands still.
  std::optional<Evidence> alarm;
};

// Not thread-safe.
class Follower {
 public:
  // Errors: damaged (the mirror does not match its checkpoint), the disk's.
  static Result<std::unique_ptr<Follower>> open(FollowerOptions options, std::unique_ptr<LogSource> source);
  ~Follower();

  // Fetches what is new, checks all of it, and makes it durable. Errors are no accusation, and leave the mirror as it
  // was: the source's; not_found where the log does not serve what its checkpoint includes; the disk's.
  Result<FollowUpdate> update();

  const TrustedLog& trusted() const;
  // Of the mirror.
  std::uint64_t size() const;
  const std::string& checkpoint() const;  // empty before the first
  // from <= to <= size() (asserted). Errors: damaged, unavailable.
  Result<std::vector<Bytes>> entries(std::uint64_t from, std::uint64_t to) const;
  // index < size() (asserted). Errors: damaged, unavailable.
  Result<LogProof> prove(std::uint64_t index) const;
  std::string source_name() const;

 private:
  struct State;
  explicit Follower(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace qorgan::ledger
