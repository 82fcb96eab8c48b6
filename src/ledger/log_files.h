// What one process writes of one log: the journal, in which a batch becomes durable, and the tiles, which follow it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "crypto/signer.h"
#include "ledger/checkpoint.h"
#include "ledger/folder_lock.h"
#include "ledger/journal.h"
#include "ledger/tiles.h"

namespace qorgan::ledger {

// The first is the current key's; all of them sign. None is null.
using Signers = std::vector<std::shared_ptr<crypto::Signer>>;

inline constexpr const char* kCheckpointFile = "checkpoint";
inline constexpr const char* kJournalFile = "journal";

// Not thread-safe, but for tiles().
class LogFiles {
 public:
  // Errors: see Log::open().
  static Result<std::unique_ptr<LogFiles>> open(const std::filesystem::path& folder, const std::string& origin,
                                                Disk& disk, Signers signers, bool create,
                                                std::uint64_t journal_bytes_max = limits::log_journal_bytes_max);

  // What is durable.
  const Checkpoint& newest() const { return newest_; }
  // The checkpoint that was found published at opening, with this log's signature; nothing where there was none.
  const std::string& served() const { return served_note_; }
  const TileReader& tiles() const { return reader_; }

  // Makes a batch durable (1..limits::log_batch_entries_max entries, the earlier ones finished: asserted). Errors: the
  // disk's, and the entries are not in the log; undecided: they may be, and nothing can be appended any more.
  Status append(std::vector<Bytes> entries);
  // Signs the newest checkpoint and writes its tiles. To be repeated until it succeeds. Returns the whole note. Errors:
  // the disk's, the signer's.
  Result<std::string> finish();
  bool is_finished() const { return finished_; }

  // Removes what a log whose published size is that needs no more, and begins the journal anew where it is long.
  // Errors: the disk's, to be repeated; undecided, as above.
  Status tidy(std::uint64_t published_size);
  bool is_undecided() const { return journal_->undecided(); }

 private:
  LogFiles(const std::filesystem::path& folder, const std::string& origin, Disk& disk, Signers signers)
      : folder_(folder), origin_(origin), disk_(disk), signers_(std::move(signers)), reader_(folder, disk) {}

  Status create();
  Status load();
  Status load_served();
  Result<Checkpoint> check_state(const std::string& note) const;
  Status replay(const JournalContent& content);
  Status check_batch(const TileWriter& writer, const std::string& text) const;
  Status check_served(const TileWriter& writer) const;
  Status rewrite_tiles();
  Status restart_journal();
  Result<std::string> sign(const std::string& text) const;
  std::string path_of(const char* name) const { return (folder_ / name).string(); }

  std::filesystem::path folder_;
  std::string origin_;
  Disk& disk_;
  Signers signers_;
  TileReader reader_;
  std::optional<FolderLock> lock_;
  std::optional<Journal> journal_;
  std::optional<TileWriter> writer_;
  Checkpoint newest_;
  std::string newest_note_;  // empty until it is signed
  bool finished_ = false;
  std::optional<Checkpoint> served_;
  std::string served_note_;
  std::uint64_t journal_bytes_max_ = 0;
  bool tiles_stale_ = false;  // making them durable has failed
  bool state_stale_ = false;  // the journal's state lacks the current key's signature
};

}  // namespace qorgan::ledger
