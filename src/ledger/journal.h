// The journal of a log: what is durable. A file of records, each its payload's length (32 bits, big-endian), SHA-256 of
// the payload, and the payload; in there the number of entries (32 bits), each entry after its length (16 bits), and a
// checkpoint.
//
// The first record has no entries: it is the state in which the journal begins, with the log's signature. Every other
// one is a batch: its entries and the text of the checkpoint that includes them, not signed, since what was signed and
// then lost with a torn record would be another root for the same size.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "ledger/disk.h"

namespace qorgan::ledger {

struct JournalRecord {
  std::vector<Bytes> entries;
  std::string checkpoint;
  // Entries of 1..65,535 bytes (asserted).
  Bytes payload() const;
};
// Errors: damaged.
Result<JournalRecord> parse_journal_payload(ByteView payload);

struct JournalContent {
  std::string state;  // a whole note
  std::vector<JournalRecord> batches;
  std::uint64_t size_bytes = 0;  // of the whole records; what follows is a torn one
};
// Takes a journal apart. A last record that is cut short or does not match its hash was being written when the process
// or the machine stopped, and is left out; it is damage where a whole record follows anywhere. What the checkpoints say
// is not looked at. Errors: damaged, naming `where`.
Result<JournalContent> parse_journal(ByteView bytes, const std::string& where);

// Not thread-safe. Of one process at a time (ledger/folder_lock.h).
class Journal {
 public:
  // Makes the file, durably. Errors: the disk's.
  static Result<Journal> create(Disk& disk, std::filesystem::path path, const std::string& state);
  // Drops a torn record, and makes durable what is left. Errors: damaged; not_found; the disk's.
  static Result<Journal> open(Disk& disk, std::filesystem::path path, JournalContent& content);

  std::uint64_t size_bytes() const { return size_bytes_; }
  // Durable when it returns success. Errors: the disk's, and nothing of it is in the file; undecided: that could not be
  // made sure of. Nothing may be appended any more then, until the file is opened anew.
  Status append(const JournalRecord& batch);
  // Begins anew from a state, all at once. Errors: the disk's, and the journal goes on as it was; undecided.
  Status restart(const std::string& state);
  bool undecided() const { return undecided_; }

 private:
  Journal(Disk& disk, std::filesystem::path path, std::unique_ptr<AppendFile> file, std::uint64_t size_bytes)
      : disk_(&disk), path_(std::move(path)), file_(std::move(file)), size_bytes_(size_bytes) {}

  Status reopen();
  Status give_up(const Error& first, const Error& second);

  Disk* disk_;
  std::filesystem::path path_;
  std::unique_ptr<AppendFile> file_;
  std::uint64_t size_bytes_ = 0;
  bool undecided_ = false;
};

}  // namespace qorgan::ledger
