// The engine's part that keeps data from being lost: what it tells a custodian that is recovered, and backups.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "base/limits.h"
#include "custodian/engine.h"

namespace qorgan::custodian {
namespace {

std::string recovery_note(int custodian) {
  return "recovery-" + std::to_string(custodian);
}

}  // namespace

// How many of the log's entries the store knows, or need not know.
Result<std::uint64_t> Engine::entries_known() {
  QORGAN_TRY(const std::int64_t indexed, store_.indexed_entries());
  QORGAN_TRY(const auto note, store_.find_note(kEntriesFromNote));
  std::uint64_t from = 0;
  if (note) std::from_chars(note->data(), note->data() + note->size(), from);
  return std::max(from, static_cast<std::uint64_t>(indexed));
}

// The note says which recovery was begun last, when, and under what number its entry was written down.
Result<std::optional<Engine::Recovery>> Engine::recovery_of(int custodian) {
  QORGAN_TRY(const auto note, store_.find_note(recovery_note(custodian)));
  if (!note) return std::nullopt;
  Recovery recovery;
  std::istringstream fields(*note);
  if (!(fields >> recovery.id >> recovery.begun_ms >> recovery.entry)) return std::nullopt;  // it has ended
  const std::int64_t age_ms = unix_time_ms() - recovery.begun_ms;
  if (age_ms < -limits::clock_skew_ms_max || age_ms > limits::recovery_kept_ms) return std::nullopt;
  return recovery;
}

// Where the recovery's entry stands in the log; nothing where it is not there yet.
Result<std::optional<std::uint64_t>> Engine::index_of(const Recovery& recovery) {
  const int event = stored_event(ledger::Event::recover, false);
  QORGAN_TRY(const auto newest, store_.entries_of_event(event, 0, recovery.entry + 1, 1));
  if (newest.empty() || newest.front().number != recovery.entry)
    return failure(ErrorCode::damaged, "the entry of a recovery is missing", here());
  if (!newest.front().index) return std::nullopt;
  return static_cast<std::uint64_t>(*newest.front().index);
}

Status Engine::log_recovery(int custodian, const std::string& recovery, Deadline deadline) {
  std::unique_lock lock(mutex_);
  QORGAN_TRY(auto begun, recovery_of(custodian));
  if (!begun || begun->id != recovery) {
    ledger::Leaf leaf;
    leaf.time_s = unix_time_ms() / 1000;
    leaf.event = ledger::Event::recover;
    leaf.custodian = custodian;
    begun = Recovery{recovery, unix_time_ms(), 0};
    QORGAN_TRY(begun->entry, store_.add_entry(plain_entry(leaf, begun->begun_ms)));
    QORGAN_CHECK(
        store_.put_note(recovery_note(custodian), fmt::format("{} {} {}", recovery, begun->begun_ms, begun->entry)));
    entries_written();
  }
  while (true) {
    QORGAN_TRY(const auto index, index_of(*begun));
    if (index) {
      lock.unlock();
      return log_->wait_published(*index, deadline);
    }
    if (stopping_ || changed_.wait_until(lock, deadline.at()) == std::cv_status::timeout)
      return failure(ErrorCode::timeout, "a custodian's log did not take the recovery in time", here(), "Try again");
  }
}

Result<bool> Engine::knows_recovery(int custodian, const std::string& recovery) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const auto begun, recovery_of(custodian));
  if (!begun || begun->id != recovery) return false;
  QORGAN_TRY(const auto index, index_of(*begun));
  return index && *index < log_->published_size();
}

Status Engine::end_recovery(int custodian) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const auto begun, recovery_of(custodian));
  if (!begun) return {};
  return store_.put_note(recovery_note(custodian), "ended");
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
