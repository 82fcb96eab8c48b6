#include "custodian/mirror_sender.h"

#include <algorithm>

#include "base/limits.h"
#include "ledger/checkpoint.h"

namespace qorgan::custodian {
namespace {

Result<std::uint64_t> size_of(const ledger::AddCheckpoint& request) {
  QORGAN_TRY(const ledger::Note note, ledger::parse_note(request.checkpoint));
  QORGAN_TRY(const ledger::Checkpoint checkpoint, ledger::parse_checkpoint(note.text));
  return checkpoint.size;
}

tl::unexpected<Error> odd_answer() {
  return failure(ErrorCode::refused, "the mirror of this log answers otherwise than it may");
}

tl::unexpected<Error> no_room(int status) {
  if (status == kTooFast)
    return failure(ErrorCode::busy, "this log grows faster than it is mirrored", {},
                   "Find out what fills it; it goes on by itself as time passes");
  return failure(ErrorCode::storage_full, "there is no room to mirror this log", {},
                 "The mirror's operator must make room");
}

}  // namespace

MirrorSender::MirrorSender(std::filesystem::path log_folder, Call call)
    : reader_(std::move(log_folder), ledger::Disk::system()), call_(std::move(call)) {}

Result<ledger::WitnessAnswer> MirrorSender::ask(const ledger::AddCheckpoint& request) {
  QORGAN_TRY(const std::uint64_t size, size_of(request));
  // Where nothing is known the mirror is asked without entries, and says what it lacks.
  std::uint64_t from = std::min(mirrored_.value_or(size), size);
  mirrored_.reset();
  for (int times_behind = 0;;) {
    MirrorUpdate update;
    update.from = from;
    QORGAN_TRY(update.entries, read_entries(from, size));
    const std::uint64_t next = from + update.entries.size();
    if (next == size) update.add_checkpoint = request.text();
    QORGAN_TRY(const net::Message message, call_(cosign_message(update)));
    QORGAN_TRY(const MirrorAnswer answer, read_cosign_answer(message));
    if (answer.witness.status == kTooFast || answer.witness.status == kNoRoom) return no_room(answer.witness.status);
    if (answer.witness.status == kBehind) {
      // Once for what it has lost or never had, once more for what it takes back.
      if (answer.mirror_size >= next || ++times_behind > 2) return odd_answer();
      from = answer.mirror_size;
    } else if (next == size) {
      mirrored_ = answer.mirror_size;
      return answer.witness;
    } else {
      if (answer.witness.status != kMoreToCome) return odd_answer();
      from = next;
    }
  }
}

Result<std::vector<Bytes>> MirrorSender::read_entries(std::uint64_t from, std::uint64_t size) const {
  std::vector<Bytes> entries;
  for (std::size_t bytes = 0; from < size && bytes < limits::keeping_bytes_per_turn;) {
    // To the end of a bundle, which is read as a whole anyway.
    const std::uint64_t to = std::min(size, (from / ledger::kTileWidth + 1) * ledger::kTileWidth);
    QORGAN_TRY(auto some, reader_.entries(from, to, size));
    for (Bytes& entry : some) {
      if (bytes >= limits::keeping_bytes_per_turn) return entries;
      bytes += entry.size();
      entries.push_back(std::move(entry));
    }
    from = to;
  }
  return entries;
}

}  // namespace qorgan::custodian
