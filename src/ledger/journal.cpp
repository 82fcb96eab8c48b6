#include "ledger/journal.h"

#include <algorithm>
#include <optional>

#include "base/limits.h"
#include "crypto/hash.h"

namespace qorgan::ledger {
namespace {

constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kHeadBytes = kLengthBytes + sizeof(crypto::Digest);
constexpr std::size_t kCountBytes = 4;
constexpr std::size_t kEntryLengthBytes = 2;

Bytes framed(const JournalRecord& record) {
  const Bytes payload = record.payload();
  QORGAN_ASSERT(payload.size() <= limits::log_record_bytes_max);
  Bytes out;
  out.reserve(kHeadBytes + payload.size());
  append_u32(out, static_cast<std::uint32_t>(payload.size()));
  const crypto::Digest digest = crypto::sha256(payload);
  out.insert(out.end(), digest.begin(), digest.end());
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

// The record at the front, where there is a whole one; how much of `bytes` it takes. The form is looked at first: it
// refuses almost everything at once, and hashing is dear where find_record() tries every place.
std::optional<JournalRecord> take_record(ByteView bytes, std::size_t& size_bytes) {
  if (bytes.size() < kHeadBytes) return std::nullopt;
  const std::size_t length = read_u32(bytes);
  if (length > limits::log_record_bytes_max || length > bytes.size() - kHeadBytes) return std::nullopt;
  const ByteView payload = bytes.subspan(kHeadBytes, length);
  auto record = parse_journal_payload(payload);
  if (!record) return std::nullopt;
  const crypto::Digest digest = crypto::sha256(payload);
  if (!std::equal(digest.begin(), digest.end(), bytes.begin() + kLengthBytes)) return std::nullopt;
  size_bytes = kHeadBytes + length;
  return std::move(*record);
}

bool find_record(ByteView bytes) {
  for (std::size_t at = 0; at + kHeadBytes < bytes.size(); ++at) {
    std::size_t ignored = 0;
    if (take_record(bytes.subspan(at), ignored)) return true;
  }
  return false;
}

tl::unexpected<Error> damaged(std::string what, const std::string& where) {
  return failure(ErrorCode::damaged, std::move(what), where, "Restore the log from the newest copy there is");
}

}  // namespace

Bytes JournalRecord::payload() const {
  Bytes out;
  append_u32(out, static_cast<std::uint32_t>(entries.size()));
  for (const Bytes& entry : entries) {
    QORGAN_ASSERT(!entry.empty() && entry.size() <= limits::log_entry_bytes_max);
    append_u16(out, static_cast<std::uint16_t>(entry.size()));
    out.insert(out.end(), entry.begin(), entry.end());
  }
  out.insert(out.end(), checkpoint.begin(), checkpoint.end());
  return out;
}

Result<JournalRecord> parse_journal_payload(ByteView payload) {
  const auto wrong = [] { return failure(ErrorCode::damaged, "a record of the journal has another form"); };
  if (payload.size() < kCountBytes) return wrong();
  const std::size_t count = read_u32(payload);
  payload = payload.subspan(kCountBytes);
  if (count > limits::log_batch_entries_max) return wrong();
  JournalRecord record;
  for (std::size_t i = 0; i < count; ++i) {
    if (payload.size() < kEntryLengthBytes) return wrong();
    const std::size_t size = read_u16(payload);
    payload = payload.subspan(kEntryLengthBytes);
    if (size == 0 || size > payload.size()) return wrong();
    record.entries.emplace_back(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(size));
    payload = payload.subspan(size);
  }
  if (payload.empty() || payload.size() > limits::note_bytes_max || payload.back() != '\n') return wrong();
  record.checkpoint.assign(payload.begin(), payload.end());
  return record;
}

Result<JournalContent> parse_journal(ByteView bytes, const std::string& where) {
  JournalContent content;
  while (content.size_bytes < bytes.size()) {
    const ByteView rest = bytes.subspan(content.size_bytes);
    std::size_t size_bytes = 0;
    auto record = take_record(rest, size_bytes);
    if (!record) {
      if (find_record(rest)) return damaged("a record in the middle of the journal does not match its hash", where);
      break;
    }
    const bool first = content.size_bytes == 0;
    if (first != record->entries.empty()) return damaged("the journal's records are not in their order", where);
    if (first) {
      content.state = std::move(record->checkpoint);
    } else {
      content.batches.push_back(std::move(*record));
    }
    content.size_bytes += size_bytes;
  }
  // The first one is made together with the file, so that it is never torn.
  if (content.size_bytes == 0) return damaged("the journal does not begin with a whole record", where);
  return content;
}

Result<Journal> Journal::create(Disk& disk, std::filesystem::path path, const std::string& state) {
  const Bytes record = framed({{}, state});
  QORGAN_CHECK(disk.write(path, record, true));
  QORGAN_TRY(auto file, disk.open_append(path));
  return Journal(disk, std::move(path), std::move(file), record.size());
}

Result<Journal> Journal::open(Disk& disk, std::filesystem::path path, JournalContent& content) {
  QORGAN_TRY(const Bytes bytes, disk.read(path, limits::log_journal_bytes_full + limits::log_record_bytes_max));
  QORGAN_TRY(content, parse_journal(bytes, path.string()));
  if (content.size_bytes < bytes.size()) QORGAN_CHECK(disk.truncate(path, content.size_bytes));
  QORGAN_TRY(auto file, disk.open_append(path));
  // A process that was killed may have written its last record without making it durable.
  QORGAN_CHECK(file->sync());
  return Journal(disk, std::move(path), std::move(file), content.size_bytes);
}

Status Journal::append(const JournalRecord& batch) {
  QORGAN_ASSERT(!undecided_ && !batch.entries.empty());
  const Bytes record = framed(batch);
  Status done = file_->append(record);
  if (done) done = file_->sync();
  if (done) {
    size_bytes_ += record.size();
    return {};
  }
  if (const Status cut = disk_->truncate(path_, size_bytes_); !cut) return give_up(done.error(), cut.error());
  return done;
}

Status Journal::restart(const std::string& state) {
  QORGAN_ASSERT(!undecided_);
  const Bytes record = framed({{}, state});
  const Status written = disk_->write(path_, record, true);
  // The file may have been replaced also where that failed; only its name's durability makes sure of either.
  if (!written) {
    if (const Status synced = disk_->sync(path_.parent_path()); !synced)
      return give_up(written.error(), synced.error());
  }
  const std::uint64_t old_size_bytes = size_bytes_;
  const Status opened = reopen();
  if (!opened) return give_up(written ? opened.error() : written.error(), opened.error());
  const bool replaced = size_bytes_ == record.size();
  if (written ? replaced : size_bytes_ == old_size_bytes) return written;
  if (!written && replaced) return {};
  const Error other{ErrorCode::damaged, "the journal has another length than was written", {}, {}};
  return give_up(written ? other : written.error(), other);
}

Status Journal::reopen() {
  QORGAN_TRY(file_, disk_->open_append(path_));
  QORGAN_TRY(size_bytes_, file_->size_bytes());
  return {};
}

Status Journal::give_up(const Error& first, const Error& second) {
  undecided_ = true;
  return failure(
      ErrorCode::undecided,
      "the journal could not be written, nor brought back to what it was: " + first.what + "; then " + second.what,
      path_.string(), "Make the disk work, then start anew");
}

}  // namespace qorgan::ledger
