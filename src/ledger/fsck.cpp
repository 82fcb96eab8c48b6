#include "ledger/fsck.h"

#include <algorithm>
#include <functional>

#include "base/limits.h"
#include "ledger/leaf.h"
#include "ledger/log_files.h"

namespace qorgan::ledger {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> wrong(std::string what, const fs::path& path) {
  return failure(ErrorCode::damaged, std::move(what), path.string());
}

// Each step's error is the first wrong place that it finds.
class Fsck {
 public:
  Fsck(fs::path folder, const FsckOptions& options, Disk& disk)
      : folder_(std::move(folder)), options_(options), disk_(disk), reader_(folder_, disk) {}

  Status run(FsckReport& report);

 private:
  Result<SignedCheckpoint> open_note(const std::string& whole) const;
  Status read_checkpoint(FsckReport& report);
  Status read_journal(FsckReport& report);
  Status check_entries(FsckReport& report);
  Status check_bundle(std::uint64_t index, FsckReport& report);
  Status add_hash(std::size_t level, const Hash& hash, FsckReport& report);
  Status check_tile(std::size_t level, FsckReport& report);
  Status check_root() const;
  Status check_published() const;
  Status check_journal() const;
  Status check_file(const std::string& path, FsckReport& report) const;
  Status check_partial(const TileId& id, FsckReport& report) const;
  Status check_files(FsckReport& report) const;

  struct Level {
    std::uint64_t index = 0;
    std::vector<Hash> hashes;
  };

  fs::path folder_;
  const FsckOptions& options_;
  Disk& disk_;
  TileReader reader_;
  std::optional<Checkpoint> published_;
  std::optional<JournalContent> journal_;
  Checkpoint journal_state_;
  Checkpoint newest_;
  RightEdge edge_;
  std::vector<Level> levels_;
};

Status Fsck::run(FsckReport& report) {
  QORGAN_CHECK(read_checkpoint(report));
  QORGAN_CHECK(read_journal(report));
  report.origin = newest_.origin;
  report.size = newest_.size;
  QORGAN_CHECK(check_entries(report));
  QORGAN_CHECK(check_root());
  QORGAN_CHECK(check_published());
  QORGAN_CHECK(check_journal());
  return check_files(report);
}

Result<SignedCheckpoint> Fsck::open_note(const std::string& whole) const {
  Result<SignedCheckpoint> opened = failure(ErrorCode::invalid_input, "no key of the log was given");
  for (const VerifierKey& key : options_.log_keys) {
    opened = open_checkpoint(whole, key, options_.cosigners);
    if (opened) return opened;
  }
  return opened;
}

Status Fsck::read_checkpoint(FsckReport& report) {
  const fs::path path = folder_ / kCheckpointFile;
  const auto bytes = disk_.read(path, limits::note_bytes_max);
  if (!bytes && bytes.error().code == ErrorCode::not_found) {
    report.notes.push_back("nothing is published yet");
    return {};
  }
  if (!bytes) return tl::unexpected<Error>(bytes.error());
  const auto opened = open_note(std::string(bytes->begin(), bytes->end()));
  if (!opened) return wrong("the published checkpoint: " + opened.error().what, path);
  for (const VerifiedSignature& signature : opened->cosignatures) report.cosigned_by.push_back(signature.key.name);
  published_ = opened->checkpoint;
  newest_ = opened->checkpoint;
  report.published_size = published_->size;
  if (opened->cosignatures.size() < static_cast<std::size_t>(options_.cosignatures_min))
    return wrong("too few of the witnesses have cosigned the published checkpoint", path);
  return {};
}

// A copy has no journal.
Status Fsck::read_journal(FsckReport& report) {
  const fs::path path = folder_ / kJournalFile;
  const auto bytes = disk_.read(path, limits::log_journal_bytes_full + limits::log_record_bytes_max);
  if (!bytes && bytes.error().code == ErrorCode::not_found) {
    if (!published_) return wrong("there is neither a journal nor a published checkpoint", folder_);
    return {};
  }
  if (!bytes) return tl::unexpected<Error>(bytes.error());
  QORGAN_TRY(journal_, parse_journal(*bytes, path.string()));
  if (journal_->size_bytes < bytes->size())
    report.notes.push_back("the journal ends in a torn record, which the next start drops");
  const auto state = open_note(journal_->state);
  if (!state) return wrong("the journal's state: " + state.error().what, path);
  journal_state_ = state->checkpoint;
  newest_ = journal_state_;
  if (!journal_->batches.empty()) {
    const auto last = parse_checkpoint(journal_->batches.back().checkpoint);
    if (!last) return wrong("the journal's last checkpoint: " + last.error().what, path);
    newest_ = *last;
  }
  if (published_ && published_->size > newest_.size)
    return wrong("the journal is older than the published checkpoint", path);
  return {};
}

Status Fsck::check_entries(FsckReport& report) {
  for (std::uint64_t index = 0; index * kTileWidth < newest_.size; ++index) QORGAN_CHECK(check_bundle(index, report));
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    if (!levels_[level].hashes.empty()) QORGAN_CHECK(check_tile(level, report));
  }
  return {};
}

Status Fsck::check_bundle(std::uint64_t index, FsckReport& report) {
  const TileId id{kBundleLevel, index, tile_width(kBundleLevel, index, newest_.size)};
  QORGAN_TRY(const auto entries, reader_.bundle(index, id.width));
  ++report.bundles;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Hash leaf = leaf_hash(entries[i]);
    edge_.add(leaf);
    QORGAN_CHECK(add_hash(0, leaf, report));
    if (!options_.check_leaves) continue;
    if (const auto leaf_read = parse_leaf({reinterpret_cast<const char*>(entries[i].data()), entries[i].size()});
        !leaf_read)
      return wrong("entry " + std::to_string(index * kTileWidth + i) + ": " + leaf_read.error().what,
                   folder_ / id.path());
  }
  return {};
}

Status Fsck::add_hash(std::size_t level, const Hash& hash, FsckReport& report) {
  if (level == levels_.size()) levels_.emplace_back();
  levels_[level].hashes.push_back(hash);
  if (levels_[level].hashes.size() < kTileWidth) return {};
  QORGAN_CHECK(check_tile(level, report));
  const Hash root = fold_hashes(std::move(levels_[level].hashes));
  levels_[level] = {levels_[level].index + 1, {}};
  return add_hash(level + 1, root, report);
}

Status Fsck::check_tile(std::size_t level, FsckReport& report) {
  const Level& own = levels_[level];
  const TileId id{static_cast<int>(level), own.index, static_cast<int>(own.hashes.size())};
  QORGAN_TRY(const TileHashes found, reader_.tile(id));
  ++report.tiles;
  const auto differs = std::mismatch(found->begin(), found->end(), own.hashes.begin());
  if (differs.first == found->end()) return {};
  return wrong("hash " + std::to_string(differs.first - found->begin()) +
                   " of the tile is not that of what stands below it, which may itself be changed",
               folder_ / id.path());
}

Status Fsck::check_root() const {
  if (edge_.root() == newest_.root) return {};
  return wrong("the entries do not lead to the newest root", folder_ / (journal_ ? kJournalFile : kCheckpointFile));
}

// Its own partial tiles, too, while the log has grown beyond it.
Status Fsck::check_published() const {
  if (!published_) return {};
  QORGAN_TRY(const TileWriter writer, TileWriter::open(folder_, disk_, published_->size));
  if (writer.root() == published_->root) return {};
  return wrong("the published checkpoint's tiles do not lead to its root", folder_ / kCheckpointFile);
}

Status Fsck::check_journal() const {
  if (!journal_) return {};
  QORGAN_TRY(RightEdge edge, RightEdge::of(journal_state_.size, reader_.hashes(newest_.size)));
  const auto check = [&](const std::string& text) -> Status {
    if (text == Checkpoint{newest_.origin, edge.size(), edge.root()}.text()) return {};
    return wrong("the journal's checkpoint of size " + std::to_string(edge.size()) + " is not the log's",
                 folder_ / kJournalFile);
  };
  QORGAN_CHECK(check(journal_state_.text()));
  for (const JournalRecord& batch : journal_->batches) {
    for (const Bytes& entry : batch.entries) edge.add(leaf_hash(entry));
    QORGAN_CHECK(check(batch.checkpoint));
  }
  return {};
}

Status Fsck::check_files(FsckReport& report) const {
  std::vector<std::string> paths;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder_ / "tile", error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (!entry->is_directory(error)) paths.push_back(entry->path().lexically_relative(folder_).string());
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return failure(ErrorCode::unavailable, "cannot list the tiles (" + error.message() + ")", folder_.string());
  std::sort(paths.begin(), paths.end());
  for (const std::string& path : paths) QORGAN_CHECK(check_file(path, report));
  return {};
}

Status Fsck::check_file(const std::string& path, FsckReport& report) const {
  if (path.ends_with(".new")) {
    report.notes.push_back("an unfinished file: " + path);
    return {};
  }
  const auto id = parse_tile_path(path);
  if (!id) return wrong("this file is none of a log's", folder_ / path);
  const int width = tile_width(id->level, id->index, newest_.size);
  if (id->width > width) return wrong("this tile is beyond the end of the log", folder_ / path);
  return id->width < width ? check_partial(*id, report) : Status{};
}

// Of a former size. It must be the front of the one that stands there now.
Status Fsck::check_partial(const TileId& id, FsckReport& report) const {
  const TileId now{id.level, id.index, tile_width(id.level, id.index, newest_.size)};
  QORGAN_TRY(const Bytes former, disk_.read(folder_ / id.path(), limits::log_bundle_bytes_max));
  QORGAN_TRY(const Bytes whole, disk_.read(folder_ / now.path(), limits::log_bundle_bytes_max));
  const bool is_front = former.size() < whole.size() && std::equal(former.begin(), former.end(), whole.begin());
  const bool has_width =
      id.level == kBundleLevel ? parse_bundle(former, id.width).has_value() : parse_tile(former, id.width).has_value();
  if (!is_front || !has_width)
    return wrong("a partial tile of a former size is not the front of the newer one", folder_ / id.path());
  ++report.partial_left;
  return {};
}

}  // namespace

Result<FsckReport> fsck(const fs::path& folder, const FsckOptions& options, Disk& disk) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    return failure(ErrorCode::not_found, "there is no such folder", folder.string());
  if (FolderLock::is_taken(folder))
    return failure(ErrorCode::busy, "a process is writing this log", folder.string(),
                   "Stop that one first, or check a copy without its journal");
  FsckReport report;
  if (const Status checked = Fsck(folder, options, disk).run(report); !checked) report.wrong = checked.error();
  return report;
}

}  // namespace qorgan::ledger
