// A whole copy of another custodian's log, which this one cosigns (compare C2SP tlog-mirror): a checkpoint is cosigned
// only where all of its entries are here and lead to its root. So no entry that counts is lost with its custodian.
//
// In a folder of its own are the files that are served: `checkpoint`, the newest that was cosigned, and `tile/...`.
// Nothing is made durable at once: what a crash loses is asked for anew.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/limits.h"
#include "custodian/mirror_messages.h"
#include "ledger/checkpoint.h"
#include "ledger/tiles.h"

namespace qorgan::custodian {

std::filesystem::path mirror_folder(const std::filesystem::path& custodian_folder, int of_custodian);

struct MirrorOptions {
  std::filesystem::path folder;
  // The present one first; after it former ones, which what is in the folder may be signed with.
  std::vector<ledger::VerifierKey> log_keys;
  // Told of a checkpoint that the log has signed and that contradicts the one kept here. May be empty.
  std::function<void(const std::string& seen_note, const ledger::AddCheckpoint& request)> on_fork;
  ledger::Disk* disk = nullptr;  // null: the system's files
  // How much the log may grow at once, and in a day beyond that.
  std::uint64_t burst_bytes_max = limits::mirror_burst_bytes_max;
  std::uint64_t day_bytes_max = limits::mirror_day_bytes_max;
  // Whether the disk has room for so many bytes more. Empty: it has where limits::mirror_free_bytes_left are left.
  std::function<bool(std::uint64_t bytes)> has_room;
};

// Thread-safe.
class Mirror {
 public:
  // Goes on from what is in the folder; what there does not lead to a root that the log has signed is put aside (the
  // folder's name and ".damaged"), and the mirror begins anew. The witness, of the same log, outlives it. Errors:
  // unavailable, storage_full.
  static Result<std::unique_ptr<Mirror>> open(MirrorOptions options, ledger::Witness& witness);

  // Adds the entries and has the witness answer. Entries of before are compared with those that are here. Answers
  // besides MirrorAnswer's: 403 where entries or a root differ from what was mirrored, 404 where the checkpoint is
  // another log's, 429 where the log grows faster than it may, 507 where the disk is nearly full, 500 where it fails.
  MirrorAnswer take(const MirrorUpdate& update);

  // How many entries lead to the newest checkpoint that was cosigned. Tiles beyond it may change yet.
  std::uint64_t size() const;
  // The newest that was cosigned, whole; empty before the first.
  std::string checkpoint() const;
  // Entries from that one on as join_entries() gives them, up to the first that ends beyond bytes_max; none beyond that
  // checkpoint's size.
  Result<Bytes> read(std::uint64_t from, std::size_t bytes_max) const;

 private:
  Mirror(MirrorOptions options, ledger::Witness& witness)
      : options_(std::move(options)),
        disk_(options_.disk != nullptr ? *options_.disk : ledger::Disk::system()),
        witness_(witness),
        room_bytes_(static_cast<double>(options_.burst_bytes_max)),
        room_at_(std::chrono::steady_clock::now()) {}

  const std::string& origin() const { return options_.log_keys.front().name; }
  Status load();
  Status load_from(const std::string& note);
  Status reset();
  Status begin_anew();
  bool is_same(std::uint64_t index, const Bytes& entry, std::uint64_t size) const;
  std::optional<MirrorAnswer> turn_away(const MirrorUpdate& update);
  bool has_room(std::uint64_t bytes) const;
  Result<bool> add(const MirrorUpdate& update);
  MirrorAnswer ask_witness(const std::string& text);
  bool leads_to(const ledger::Checkpoint& checkpoint) const;
  void tell_fork(const ledger::AddCheckpoint& request) const;
  Status keep(const std::string& note);
  MirrorAnswer own_answer(int status, const std::string& text) const;
  MirrorAnswer no_disk(const Error& error);

  const MirrorOptions options_;
  ledger::Disk& disk_;
  ledger::Witness& witness_;
  mutable std::mutex mutex_;
  std::unique_ptr<ledger::TileReader> reader_;
  std::optional<ledger::TileWriter> writer_;  // none after the disk has failed
  ledger::Checkpoint kept_;
  std::string kept_note_;
  std::uint64_t durable_size_ = 0;
  double room_bytes_ = 0;  // how much it may grow now, as of then
  std::chrono::steady_clock::time_point room_at_;
  int turned_away_ = 0;  // with that status, and since then
};

}  // namespace qorgan::custodian
