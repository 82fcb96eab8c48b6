#include "custodian/mirror.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "custodian/signed_checkpoint.h"
#include "ledger/log_files.h"

namespace qorgan::custodian {
namespace {

constexpr const char* kTiles = "tile";

}  // namespace

std::filesystem::path mirror_folder(const std::filesystem::path& custodian_folder, int of_custodian) {
  return custodian_folder / fmt::format("mirror-{}", of_custodian);
}

Result<std::unique_ptr<Mirror>> Mirror::open(MirrorOptions options, ledger::Witness& witness) {
  std::unique_ptr<Mirror> mirror(new Mirror(std::move(options), witness));
  QORGAN_CHECK(mirror->load());
  return mirror;
}

// The witness's own note is durable, the mirror's may be older or torn; the tiles may be behind either.
Status Mirror::load() {
  std::vector<std::string> notes = {witness_.latest(origin())};
  const auto file = disk_.read(options_.folder / ledger::kCheckpointFile, limits::note_bytes_max);
  if (file) notes.emplace_back(file->begin(), file->end());
  for (const std::string& note : notes)
    if (!note.empty() && load_from(note)) return keep(note);
  return begin_anew();
}

Status Mirror::load_from(const std::string& note) {
  QORGAN_TRY(const ledger::SignedCheckpoint opened, open_signed(note, options_.log_keys, {}));
  QORGAN_TRY(auto writer, ledger::TileWriter::open(options_.folder, disk_, opened.checkpoint.size));
  if (writer.root() != opened.checkpoint.root)
    return failure(ErrorCode::damaged, "the mirror's tiles lead to another root", options_.folder.string());
  reader_ = std::make_unique<ledger::TileReader>(options_.folder, disk_);
  writer_ = std::move(writer);
  return {};
}

// Back to what was cosigned: what was added since is of no known log.
Status Mirror::reset() {
  writer_.reset();
  if (kept_note_.empty()) return begin_anew();
  const Status loaded = load_from(kept_note_);
  if (loaded || loaded.error().code != ErrorCode::damaged) return loaded;
  return begin_anew();
}

Status Mirror::begin_anew() {
  std::error_code error;
  if (std::filesystem::exists(options_.folder / kTiles, error)) {
    std::filesystem::path aside = options_.folder;
    aside += ".damaged";
    std::filesystem::remove_all(aside, error);
    std::filesystem::rename(options_.folder, aside, error);
    if (error)
      return failure(ErrorCode::unavailable, "cannot put a damaged mirror aside (" + error.message() + ")",
                     options_.folder.string());
    spdlog::error("the mirror of {} is damaged and begins anew; what there was: {}", origin(), aside.string());
  }
  kept_ = {origin(), 0, ledger::empty_root()};
  kept_note_.clear();
  durable_size_ = 0;
  reader_ = std::make_unique<ledger::TileReader>(options_.folder, disk_);
  writer_.emplace(options_.folder, disk_);
  return {};
}

MirrorAnswer Mirror::take(const MirrorUpdate& update) {
  const std::lock_guard lock(mutex_);
  if (!writer_) {
    if (Status again = reset(); !again) return no_disk(again.error());
  }
  if (update.from > writer_->size()) return own_answer(kBehind, "entries before these are missing");
  if (const auto refusal = turn_away(update)) return *refusal;
  const Result<bool> added = add(update);
  if (!added) {
    if (added.error().code != ErrorCode::refused) return no_disk(added.error());
    spdlog::error("{}: {}", origin(), added.error().message());
    return own_answer(403, "an entry is another one than was mirrored");
  }
  if (!*added) return own_answer(kBehind, "entries that were sent before are taken back");
  if (update.add_checkpoint.empty()) return own_answer(kMoreToCome, "");
  return ask_witness(update.add_checkpoint);
}

// Counted is what comes, whether or not it is taken back later: that has been on the disk as well. A question without
// entries is always answered.
std::optional<MirrorAnswer> Mirror::turn_away(const MirrorUpdate& update) {
  const std::uint64_t known = writer_->size() - update.from;
  std::uint64_t bytes = 0;
  for (std::size_t i = known; i < update.entries.size(); ++i) bytes += 2 + update.entries[i].size();
  if (bytes == 0) return std::nullopt;
  const auto now = std::chrono::steady_clock::now();
  const std::chrono::duration<double, std::ratio<86'400>> days = now - std::exchange(room_at_, now);
  room_bytes_ = std::min(static_cast<double>(options_.burst_bytes_max),
                         room_bytes_ + days.count() * static_cast<double>(options_.day_bytes_max));
  const bool too_fast = room_bytes_ < static_cast<double>(bytes);
  const int status = too_fast ? kTooFast : has_room(bytes) ? 0 : kNoRoom;
  if (std::exchange(turned_away_, status) != status && status != 0)
    spdlog::error("{} is mirrored no further: {}", origin(),
                  too_fast ? "it has grown as much as it may for now" : "the disk here is nearly full");
  if (too_fast) return own_answer(status, "the log grows faster than is mirrored here");
  if (status != 0) return own_answer(status, "the disk of the mirror is nearly full");
  room_bytes_ -= static_cast<double>(bytes);
  return std::nullopt;
}

bool Mirror::has_room(std::uint64_t bytes) const {
  if (options_.has_room) return options_.has_room(bytes);
  std::error_code error;
  // The folder itself comes with the first entry.
  const auto space = std::filesystem::space(options_.folder.parent_path(), error);
  if (error) return true;  // what cannot be written says so
  const std::uint64_t left =
      std::min<std::uint64_t>(limits::mirror_free_bytes_left, space.capacity / limits::mirror_disk_part_left);
  return space.available >= left + bytes;
}

bool Mirror::is_same(std::uint64_t index, const Bytes& entry, std::uint64_t size) const {
  const auto known = reader_->hashes(size)(0, index);
  return known && *known == ledger::leaf_hash(entry);
}

// False where what had been sent since the last cosignature was taken back: it is to be sent anew.
Result<bool> Mirror::add(const MirrorUpdate& update) {
  const std::uint64_t size = writer_->size();
  for (std::size_t i = 0; i < update.entries.size(); ++i) {
    const std::uint64_t index = update.from + i;
    if (index >= size) {
      writer_->append(update.entries[i]);
    } else if (!is_same(index, update.entries[i], size)) {
      QORGAN_CHECK(reset());
      if (index >= kept_.size) return false;
      return failure(ErrorCode::refused, "a log sends another entry than it sent before, and signed",
                     "entry " + std::to_string(index));
    }
  }
  QORGAN_CHECK(writer_->write());
  return true;
}

MirrorAnswer Mirror::ask_witness(const std::string& text) {
  const auto request = ledger::parse_add_checkpoint(text);
  const auto note = request ? ledger::parse_note(request->checkpoint) : failure(ErrorCode::invalid_input, "");
  const auto checkpoint = note ? ledger::parse_checkpoint(note->text) : failure(ErrorCode::invalid_input, "");
  // What cannot be read the witness refuses in its own words.
  if (!checkpoint) return {witness_.add_checkpoint(text), writer_->size()};
  if (checkpoint->origin != origin()) return own_answer(404, "this mirror is of another log");
  if (checkpoint->size > writer_->size()) return own_answer(kBehind, "entries of this checkpoint are missing");
  if (!leads_to(*checkpoint)) {
    spdlog::error("{}: the entries that it sent do not lead to its checkpoint of size {}", origin(), checkpoint->size);
    if (checkpoint->size == kept_.size) tell_fork(*request);
    if (Status again = reset(); !again) return no_disk(again.error());
    return own_answer(403, "the entries do not lead to the checkpoint");
  }
  MirrorAnswer answer{witness_.add_checkpoint(text), writer_->size()};
  if (answer.witness.status != 200) return answer;
  // Cosigned it is, whether or not the copy of the note can be written.
  if (Status kept = keep(witness_.latest(origin())); !kept)
    spdlog::error("the mirror of {} is behind its checkpoint: {}", origin(), kept.error().message());
  return answer;
}

bool Mirror::leads_to(const ledger::Checkpoint& checkpoint) const {
  if (checkpoint.size == writer_->size()) return checkpoint.root == writer_->root();
  const auto root = ledger::tree_root(checkpoint.size, reader_->hashes(writer_->size()));
  return root && *root == checkpoint.root;
}

void Mirror::tell_fork(const ledger::AddCheckpoint& request) const {
  if (kept_note_.empty() || !options_.on_fork) return;
  if (ledger::open_checkpoint(request.checkpoint, options_.log_keys.front(), {})) options_.on_fork(kept_note_, request);
}

// The witness may have gone ahead over HTTP, without the entries.
Status Mirror::keep(const std::string& note) {
  QORGAN_TRY(const ledger::SignedCheckpoint opened, open_signed(note, options_.log_keys, {}));
  const ledger::Checkpoint& checkpoint = opened.checkpoint;
  if (checkpoint.size < kept_.size || checkpoint.size > writer_->size() || !leads_to(checkpoint)) return {};
  QORGAN_CHECK(disk_.write(options_.folder / ledger::kCheckpointFile, as_bytes(note), false));
  kept_ = checkpoint;
  kept_note_ = note;
  QORGAN_CHECK(writer_->remove_partial(kept_.size));
  if (writer_->size() < durable_size_ + limits::mirror_sync_entries) return {};
  QORGAN_CHECK(writer_->sync());
  durable_size_ = writer_->size();
  return {};
}

std::uint64_t Mirror::size() const {
  const std::lock_guard lock(mutex_);
  return kept_.size;
}

std::string Mirror::checkpoint() const {
  const std::lock_guard lock(mutex_);
  return kept_note_;
}

Result<Bytes> Mirror::read(std::uint64_t from, std::size_t bytes_max) const {
  const std::lock_guard lock(mutex_);
  Bytes out;
  while (from < kept_.size && out.size() < bytes_max) {
    const std::uint64_t to = std::min(kept_.size, (from / ledger::kTileWidth + 1) * ledger::kTileWidth);
    QORGAN_TRY(const auto entries, reader_->entries(from, to, kept_.size));
    for (const Bytes& entry : entries) {
      if (out.size() >= bytes_max) break;
      ledger::append_to_bundle(out, entry);
    }
    from = to;
  }
  return out;
}

MirrorAnswer Mirror::own_answer(int status, const std::string& text) const {
  return {{status, "text/plain; charset=utf-8", text.empty() ? "" : text + "\n"}, writer_ ? writer_->size() : 0};
}

MirrorAnswer Mirror::no_disk(const Error& error) {
  spdlog::error("the mirror of {}: {}", origin(), error.message());
  writer_.reset();
  return own_answer(500, "the mirror cannot be written at present");
}

}  // namespace qorgan::custodian
