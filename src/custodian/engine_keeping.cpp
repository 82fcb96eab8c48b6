// The engine's part that keeps data from being lost: what it tells a custodian that is recovered, and backups.
#include <algorithm>
#include <charconv>

#include "base/limits.h"
#include "custodian/engine.h"

namespace qorgan::custodian {

// How many of the log's entries the store knows, or need not know.
Result<std::uint64_t> Engine::entries_known() {
  QORGAN_TRY(const std::int64_t indexed, store_.indexed_entries());
  QORGAN_TRY(const auto note, store_.find_note(kEntriesFromNote));
  std::uint64_t from = 0;
  if (note) std::from_chars(note->data(), note->data() + note->size(), from);
  return std::max(from, static_cast<std::uint64_t>(indexed));
}

Status Engine::log_recovery(int custodian, const std::string& recovery, Deadline deadline) {
  const std::string note = "recovery-" + std::to_string(custodian);
  const int event = stored_event(ledger::Event::recover, false);
  std::unique_lock lock(mutex_);
  QORGAN_TRY(const auto before, store_.find_note(note));
  if (before != recovery) {
    ledger::Leaf leaf;
    leaf.time_s = unix_time_ms() / 1000;
    leaf.event = ledger::Event::recover;
    leaf.custodian = custodian;
    QORGAN_CHECK(store_.add_entry(plain_entry(leaf, unix_time_ms())));
    QORGAN_CHECK(store_.put_note(note, recovery));
    entries_written();
  }
  while (true) {
    // At least one is there: the one that was written above, or then.
    QORGAN_TRY(const auto newest, store_.entries_of_event(event, 0, INT64_MAX, 1));
    QORGAN_ASSERT(!newest.empty());
    if (newest.front().index) {
      lock.unlock();
      return log_->wait_published(static_cast<std::uint64_t>(*newest.front().index), deadline);
    }
    if (stopping_ || changed_.wait_until(lock, deadline.at()) == std::cv_status::timeout)
      return failure(ErrorCode::timeout, "a custodian's log did not take the recovery in time", here(), "Try again");
  }
}

Result<bool> Engine::knows_recovery(int custodian, const std::string& recovery) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const auto begun, store_.find_note("recovery-" + std::to_string(custodian)));
  return begun == recovery;
}

Result<store::History> Engine::history_after(std::int64_t sequence, std::size_t count_max) {
  const std::lock_guard lock(mutex_);
  store::History history;
  QORGAN_TRY(history.operations, store_.operations_after(sequence, count_max));
  for (const store::Operation& operation : history.operations) {
    if (operation.kind != store::OperationKind::enrol) continue;
    QORGAN_TRY(const auto tombstone, store_.find_tombstone(operation.record_id));
    if (tombstone) {
      history.tombstones.push_back(*tombstone);
      continue;
    }
    QORGAN_TRY(store::Record record, store_.load_record(operation.sequence));
    history.records.push_back(std::move(record));
  }
  return history;
}

// Others wait for as long as it takes to write: the store serves one at a time.
Status Engine::back_up(const std::filesystem::path& path) {
  const std::lock_guard lock(mutex_);
  return store_.back_up(path);
}

}  // namespace qorgan::custodian
