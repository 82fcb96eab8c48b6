// One custodian's log: entries go in, in batches; they are durable, included in a checkpoint and cosigned by another
// custodian before anyone is told so.
//
// On disk, under one folder, are the files that are served (C2SP tlog-tiles): `checkpoint` and `tile/...`; and beside
// them `journal` and `lock`, which are not served. A batch is durable when its record is in the journal: entries, and
// the checkpoint that includes them. Only then is that signed, so that of any size only one root ever is; the tiles are
// written, the checkpoint is cosigned, and only then published. What a crash left undone is done from the journal at
// the next start.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "ledger/disk.h"
#include "ledger/log_files.h"
#include "ledger/proof.h"
#include "ledger/witness_client.h"

namespace qorgan::ledger {

struct LogOptions {
  std::filesystem::path folder;
  std::string origin;  // also the name that the log's key signs under
  std::vector<LogWitness> witnesses;
  int cosignatures_min = 1;  // of the witnesses, before a checkpoint is published
  Disk* disk = nullptr;      // null: the system's files
  std::uint64_t journal_bytes_max = limits::log_journal_bytes_max;  // less in tests
};

struct Appended {
  std::uint64_t index = 0;
};

// Thread-safe.
class Log {
 public:
  // Makes an empty log where the folder has none and `create`. Each of `signers` signs every checkpoint; the first is
  // the current key's, the others former ones, which those who do not know the new one yet ask for, and which may have
  // signed what is in the folder. Errors: damaged (naming the file), not_found, busy (another process has it),
  // unavailable, storage_full, wrong_network (the folder is of another origin or key).
  static Result<std::unique_ptr<Log>> open(LogOptions options, Signers signers, bool create);
  // Waits for the questions to witnesses that are under way; what was not yet published stays durable. Nobody may be in
  // append() or wait_published() any more.
  ~Log();

  // Takes an entry of 1..65,535 bytes and gives its index once it is durable: it stays in the log whatever happens
  // afterwards. All that wait become durable together. The first entries after a start wait until every witness was
  // asked once, for limits::log_first_ask_ms at most, so that a log that was set back signs nothing new where a witness
  // can be reached. Errors: invalid_input; storage_full, unavailable, busy (the deadline came first), damaged (see
  // health()): the entry is then not in the log, and never will be; timeout, undecided: it may be.
  Result<Appended> append(Bytes entry, Deadline deadline);
  // Several of them, one after another, all or none; gives the first one's index. Further errors: invalid_input (none,
  // or more than limits::log_batch_entries_max or limits::log_batch_bytes_max).
  Result<Appended> append_all(std::vector<Bytes> entries, Deadline deadline);
  // Returns when nothing is under way any more of which append() has said timeout: what is not in size() then is not in
  // the log, and never will be. Errors: timeout; health()'s.
  Status wait_settled(Deadline deadline);
  // Returns when the entry is in a checkpoint that enough witnesses have cosigned and that is published. Errors:
  // timeout, saying which witness has not cosigned and why; damaged where a witness knows of a larger log than this, or
  // of one with other entries: this one was set back to an older copy. Nothing is appended any more then.
  Status wait_published(std::uint64_t index, Deadline deadline);

  // Of the published checkpoint, not of what is still under way.
  std::uint64_t published_size() const;
  // The published checkpoint, whole; empty before the first.
  std::string published_checkpoint() const;
  // What the clock of a witness said when it last cosigned, since the start: the latest of all of them, in seconds;
  // nothing before the first. Cosignatures' times never go back.
  std::optional<std::int64_t> witnessed_time_s() const;
  // Has the witnesses cosign the published checkpoint once more, for its time. Does not wait.
  void ask_witnesses_again();
  // How many entries are durable and can be read.
  std::uint64_t size() const;

  // Errors: not_found, damaged.
  Result<Bytes> entry(std::uint64_t index) const;
  // Entries from..to-1 in order. Errors: invalid_input (more than limits::log_entries_read_max, or from > to);
  // not_found, damaged.
  Result<std::vector<Bytes>> entries(std::uint64_t from, std::uint64_t to) const;
  // Towards the published checkpoint; not_found where the entry is not in it yet.
  Result<LogProof> prove(std::uint64_t index) const;
  // Of each, all towards the same one: what they have in common is read and hashed once.
  Result<std::vector<LogProof>> prove_all(const std::vector<std::uint64_t>& indices) const;
  // Which witnesses did not cosign when they were last asked, and why; empty where all did.
  std::string missing_cosignatures() const;
  // What stopped this log for good: damaged, the set-back that a witness has noticed; undecided, a disk that failed in
  // such a way that only a new start can tell what is durable. Success as long as it works.
  Status health() const;

 private:
  struct State;
  explicit Log(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace qorgan::ledger
