#include "ledger/log_files.h"

namespace qorgan::ledger {
namespace {

constexpr const char* kRestore = "Restore the log from the newest copy there is";

VerifierKey key_of(const crypto::Signer& signer, const std::string& origin) {
  return {origin, KeyType::ed25519, signer.public_key()};
}

}  // namespace

Result<std::unique_ptr<LogFiles>> LogFiles::open(const std::filesystem::path& folder, const std::string& origin,
                                                 Disk& disk, Signers signers, bool create,
                                                 std::uint64_t journal_bytes_max) {
  QORGAN_ASSERT(!signers.empty());
  std::error_code error;
  if (!create && !std::filesystem::is_directory(folder, error))
    return failure(ErrorCode::not_found, "there is no log", folder.string());
  std::unique_ptr<LogFiles> files(new LogFiles(folder, origin, disk, std::move(signers)));
  files->journal_bytes_max_ = journal_bytes_max;
  QORGAN_TRY(files->lock_, FolderLock::take(folder));
  QORGAN_CHECK(files->load_served());
  if (!std::filesystem::exists(folder / kJournalFile, error)) {
    if (files->served_ || std::filesystem::exists(folder / "tile", error))
      return failure(ErrorCode::damaged, "the log's journal is missing", files->path_of(kJournalFile), kRestore);
    if (!create) return failure(ErrorCode::not_found, "there is no log", folder.string());
    QORGAN_CHECK(files->create());
  }
  QORGAN_CHECK(files->load());
  return files;
}

Status LogFiles::create() {
  const Checkpoint empty{origin_, 0, empty_root()};
  QORGAN_TRY(const std::string state, sign(empty.text()));
  QORGAN_TRY(const Journal made, Journal::create(disk_, folder_ / kJournalFile, state));
  return {};
}

Status LogFiles::load() {
  JournalContent content;
  QORGAN_TRY(journal_, Journal::open(disk_, folder_ / kJournalFile, content));
  QORGAN_CHECK(replay(content));
  QORGAN_CHECK(finish());
  if (state_stale_) return restart_journal();
  return {};
}

// A file that does not parse was torn by a failing machine: it is written without being made durable, and published
// again from the journal.
Status LogFiles::load_served() {
  const auto bytes = disk_.read(folder_ / kCheckpointFile, limits::note_bytes_max);
  if (!bytes) {
    if (bytes.error().code == ErrorCode::not_found) return {};
    return tl::unexpected<Error>(bytes.error());
  }
  std::string whole(bytes->begin(), bytes->end());
  if (!parse_note(whole)) return {};
  QORGAN_TRY(served_, check_state(whole));
  served_note_ = std::move(whole);
  return {};
}

// Any of the keys will do: after a change of keys the file has the former one's signature.
Result<Checkpoint> LogFiles::check_state(const std::string& note) const {
  for (const auto& signer : signers_) {
    const auto opened = open_checkpoint(note, key_of(*signer, origin_), {});
    if (opened) return opened->checkpoint;
    if (opened.error().code != ErrorCode::refused) return tl::unexpected<Error>(opened.error());
  }
  return failure(ErrorCode::wrong_network, "the folder holds another log, or one of another key", folder_.string(),
                 "Name the log's own folder, or give its former key as well");
}

Status LogFiles::replay(const JournalContent& content) {
  auto state = check_state(content.state);
  if (!state) {
    if (state.error().where.empty()) state.error().where = path_of(kJournalFile);
    return tl::unexpected<Error>(std::move(state).error());
  }
  state_stale_ = !open_checkpoint(content.state, key_of(*signers_[0], origin_), {});
  QORGAN_TRY(TileWriter writer, TileWriter::open(folder_, disk_, state->size));
  if (writer.root() != state->root)
    return failure(ErrorCode::damaged, "the log's tiles do not lead to the root that it signed", path_of("tile"),
                   kRestore);
  for (const JournalRecord& batch : content.batches) {
    for (const Bytes& entry : batch.entries) writer.append(entry);
    QORGAN_CHECK(check_batch(writer, batch.checkpoint));
    // Its partial tiles are still asked for.
    if (served_ && served_->size == writer.size()) QORGAN_CHECK(writer.write());
  }
  newest_ = {origin_, writer.size(), writer.root()};
  QORGAN_CHECK(writer.write());
  writer_ = std::move(writer);
  return check_served(*writer_);
}

Status LogFiles::check_batch(const TileWriter& writer, const std::string& text) const {
  const Checkpoint expected{origin_, writer.size(), writer.root()};
  if (text == expected.text()) return {};
  return failure(ErrorCode::damaged,
                 "the journal's entries do not lead to the root of size " + std::to_string(writer.size()),
                 path_of(kJournalFile), kRestore);
}

Status LogFiles::check_served(const TileWriter& writer) const {
  if (!served_) return {};
  if (served_->size > writer.size())
    return failure(ErrorCode::damaged, "the journal is older than the checkpoint that was published",
                   path_of(kJournalFile), kRestore);
  QORGAN_TRY(const Hash root, tree_root(served_->size, reader_.hashes(writer.size())));
  if (root == served_->root) return {};
  return failure(ErrorCode::damaged, "the checkpoint that was published is not of this log's entries",
                 path_of(kCheckpointFile), kRestore);
}

Status LogFiles::append(std::vector<Bytes> entries) {
  QORGAN_ASSERT(finished_ && !entries.empty());
  if (journal_->size_bytes() > limits::log_journal_bytes_full) QORGAN_CHECK(restart_journal());
  RightEdge edge = writer_->edge();
  for (const Bytes& entry : entries) edge.add(leaf_hash(entry));
  Checkpoint next{origin_, edge.size(), edge.root()};
  const JournalRecord batch{std::move(entries), next.text()};
  QORGAN_CHECK(journal_->append(batch));
  newest_ = std::move(next);
  newest_note_.clear();
  finished_ = false;
  for (const Bytes& entry : batch.entries) writer_->append(entry);
  return {};
}

Result<std::string> LogFiles::finish() {
  QORGAN_ASSERT(writer_->root() == newest_.root);
  if (newest_note_.empty()) {
    QORGAN_TRY(newest_note_, sign(newest_.text()));
  }
  QORGAN_CHECK(writer_->write());
  finished_ = true;
  return newest_note_;
}

Status LogFiles::tidy(std::uint64_t published_size) {
  QORGAN_CHECK(writer_->remove_partial(published_size));
  if (journal_->size_bytes() > journal_bytes_max_) return restart_journal();
  return {};
}

// Whatever the journal holds must be durable in the tiles before it goes.
Status LogFiles::restart_journal() {
  if (tiles_stale_) QORGAN_CHECK(rewrite_tiles());
  if (const Status synced = writer_->sync(); !synced) {
    tiles_stale_ = true;
    return synced;
  }
  QORGAN_CHECK(journal_->restart(newest_note_));
  state_stale_ = false;
  return {};
}

Status LogFiles::rewrite_tiles() {
  QORGAN_TRY(const Bytes bytes,
             disk_.read(folder_ / kJournalFile, limits::log_journal_bytes_full + limits::log_record_bytes_max));
  QORGAN_TRY(const JournalContent content, parse_journal(bytes, path_of(kJournalFile)));
  QORGAN_CHECK(replay(content));
  tiles_stale_ = false;
  return {};
}

Result<std::string> LogFiles::sign(const std::string& text) const {
  Note note{text, {}};
  for (const auto& signer : signers_) {
    QORGAN_TRY(NoteSignature signature, sign_note(text, origin_, *signer));
    note.signatures.push_back(std::move(signature));
  }
  return note.format();
}

}  // namespace qorgan::ledger
