#include "tests/ledger/follow_support.h"

#include <fmt/format.h>

#include "base/file.h"

namespace qorgan::ledger::test {

namespace fs = std::filesystem;

FolderLog::FolderLog(int number)
    : origin_(fmt::format("log.example/{}", number)), signer_(signer_of(number)), cosigner_(signer_of(100 + number)) {}

void FolderLog::add_many(std::size_t count, std::string_view word) {
  for (std::size_t i = 0; i < count; ++i) add(fmt::format("{} {}", word, entries_.size()));
}

void FolderLog::publish(std::int64_t time_s) {
  TileWriter writer(folder(), Disk::system());
  for (const Bytes& entry : entries_) writer.append(entry);
  ASSERT_TRUE(writer.write().has_value());
  // As an honest log does it: a partial one goes when the full one is there.
  ASSERT_TRUE(writer.remove_partial(entries_.size()).has_value());
  write("checkpoint", checkpoint_of(entries_, time_s));
}

std::string FolderLog::checkpoint_of(const std::vector<Bytes>& entries, std::int64_t time_s, bool cosigned) {
  RightEdge edge;
  for (const Bytes& entry : entries) edge.add(leaf_hash(entry));
  const std::string text = Checkpoint{origin_, edge.size(), edge.root()}.text();
  Note note{text, {sign_note(text, origin_, *signer_).value()}};
  if (cosigned) note.signatures.push_back(cosign_note(text, "witness.example", *cosigner_, time_s).value());
  return note.format();
}

void FolderLog::write(const std::string& path, std::string_view content) const {
  ASSERT_TRUE(Disk::system().write(folder() / path, as_bytes(content), false).has_value());
}

std::string FolderLog::read(const std::string& path) const {
  return read_text_file(folder() / path, std::size_t{1} << 24).value();
}

Result<Bytes> TrickySource::fetch(const std::string& path, std::size_t bytes_max) {
  if (before_fetch) before_fetch(path);
  if (fail_after == 0) return failure(ErrorCode::unavailable, "the link is down", path);
  if (fail_after > 0) --fail_after;
  return read_file(folder_ / path, bytes_max);
}

Followed::Followed(const FolderLog& its_log, fs::path its_state) : log(its_log), state(std::move(its_state)) {
  reopen();
}

void Followed::reopen() {
  follower.reset();
  auto made = std::make_unique<TrickySource>(log.folder());
  source = made.get();
  FollowerOptions options{state, log.trusted(), still_s_max, [this] { return now_s; }, nullptr};
  auto opened = Follower::open(std::move(options), std::move(made));
  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  follower = std::move(*opened);
}

FollowUpdate Followed::update() {
  Result<FollowUpdate> update = follower->update();
  if (update) return std::move(*update);
  ADD_FAILURE() << update.error().message();
  return {};
}

}  // namespace qorgan::ledger::test
