#include "custodian/recovered_log.h"

#include <algorithm>
#include <array>

#include "custodian/fault.h"
#include "custodian/files.h"
#include "ledger/adopt.h"
#include "ledger/leaf.h"
#include "protocol/log_keys.h"

namespace qorgan::custodian {
namespace {

namespace fs = std::filesystem;
using ledger::Disk;
using ledger::LogFiles;

// The larger one first.
using Copies = std::array<LogCopy, 2>;

std::uint64_t witnessed_size(const Copies& copies) {
  return std::max(copies[0].witnessed_size, copies[1].witnessed_size);
}

Result<Copies> look_at_copies(RecoveryLink& link) {
  Copies copies;
  QORGAN_TRY(copies[0], link.log_copy(link.previous()));
  QORGAN_TRY(copies[1], link.log_copy(link.next()));
  if (copies[0].checkpoint.size < copies[1].checkpoint.size) std::swap(copies[0], copies[1]);
  if (copies[0].checkpoint.size < witnessed_size(copies))
    return failure(ErrorCode::unavailable, "a larger log was cosigned than either of the two others has mirrored",
                   copies[0].checkpoint.origin, "Restore this custodian's own log from its newest copy");
  return copies;
}

// Whether the log in the folder is at least as new as both copies, and has the same entries.
bool continues(const LogFiles& files, const Copies& copies) {
  const std::uint64_t size = files.newest().size;
  for (const LogCopy& copy : copies) {
    const ledger::Checkpoint& checkpoint = copy.checkpoint;
    if (checkpoint.size > size) return false;
    const auto root = ledger::tree_root(checkpoint.size, files.tiles().hashes(size));
    if (!root || *root != checkpoint.root) return false;
  }
  return true;
}

Status check_root(const ledger::TileWriter& writer, const ledger::Checkpoint& checkpoint) {
  if (writer.root() == checkpoint.root) return {};
  return failure(ErrorCode::damaged, "the mirrors of this log contradict one another, or their checkpoints",
                 checkpoint.origin + ", size " + std::to_string(checkpoint.size),
                 "One of the two others is wrong: compare their mirrors by hand");
}

Status add_entry(ledger::TileWriter& writer, const Bytes& entry) {
  const auto leaf = ledger::parse_leaf({reinterpret_cast<const char*>(entry.data()), entry.size()});
  if (!leaf)
    return failure(ErrorCode::damaged, "a mirrored entry is none that a custodian writes: " + leaf.error().what,
                   "entry " + std::to_string(writer.size()));
  writer.append(entry);
  return {};
}

// All of `copy`, which continues the other one where that is smaller.
Status fetch(RecoveryLink& link, const LogCopy& copy, const LogCopy& other, const fs::path& folder) {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  ledger::TileWriter writer(folder, Disk::system());
  while (writer.size() < copy.checkpoint.size) {
    QORGAN_TRY(const auto entries, link.log_entries(copy.holder, writer.size()));
    for (const Bytes& entry : entries) {
      if (writer.size() == copy.checkpoint.size) break;
      QORGAN_CHECK(add_entry(writer, entry));
      if (writer.size() == other.checkpoint.size) QORGAN_CHECK(check_root(writer, other.checkpoint));
    }
    QORGAN_CHECK(writer.write());
  }
  QORGAN_CHECK(check_root(writer, copy.checkpoint));
  return ledger::adopt_log(folder, writer, copy.note);
}

// From the smaller copy where the larger one is damaged and nobody has cosigned more than the smaller has.
Status fetch_either(RecoveryLink& link, const Copies& copies, const fs::path& folder) {
  const Status fetched = fetch(link, copies[0], copies[1], folder);
  if (fetched || fetched.error().code != ErrorCode::damaged) return fetched;
  if (copies[1].checkpoint.size < witnessed_size(copies)) return fetched;
  return fetch(link, copies[1], copies[0], folder);
}

Status replace(const fs::path& folder, const fs::path& made) {
  std::error_code error;
  fs::path old = folder;
  old += ".old";
  if (fs::exists(folder, error)) {
    fs::remove_all(old, error);
    fs::rename(folder, old, error);
  }
  if (!error && !made.empty()) fs::rename(made, folder, error);
  if (error)
    return failure(ErrorCode::unavailable, "cannot put the log in place (" + error.message() + ")", folder.string());
  return Disk::system().sync(folder.parent_path());
}

}  // namespace

Result<RecoveredLog> recover_log(const fs::path& custodian_folder, int index, const protocol::Network& network,
                                 const ledger::Signers& signers, RecoveryLink& link) {
  const fs::path folder = custodian_folder / kLogFolder;
  const auto open = [&](bool create) {
    return LogFiles::open(folder, protocol::log_origin(network, index), Disk::system(), signers, create);
  };
  QORGAN_TRY(const Copies copies, look_at_copies(link));
  Result<std::unique_ptr<LogFiles>> own = open(false);
  if (own && continues(**own, copies)) return RecoveredLog{std::move(*own), false};
  const bool is_lost = own || own.error().code == ErrorCode::damaged || own.error().code == ErrorCode::not_found;
  if (!is_lost) return tl::unexpected(own.error());
  own = failure(ErrorCode::not_found, "closed");
  fs::path made;
  if (copies[0].checkpoint.size > 0) {
    made = custodian_folder / (std::string(kLogFolder) + ".new");
    QORGAN_CHECK(fetch_either(link, copies, made));
  }
  fault_point("recover.log");
  QORGAN_CHECK(replace(folder, made));
  RecoveredLog recovered;
  QORGAN_TRY(recovered.files, open(made.empty()));
  recovered.was_adopted = true;
  return recovered;
}

}  // namespace qorgan::custodian
