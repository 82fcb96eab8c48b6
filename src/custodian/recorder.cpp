#include "custodian/recorder.h"

#include <spdlog/spdlog.h>

#include "base/limits.h"
#include "custodian/fault.h"

namespace qorgan::custodian {

namespace {

// After these an entry may be in the log or not.
bool is_unknown(ErrorCode code) {
  return code == ErrorCode::timeout || code == ErrorCode::undecided;
}

}  // namespace

Recorder::Recorder(Engine& engine, int append_timeout_ms)
    : engine_(engine),
      append_timeout_ms_(append_timeout_ms),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Recorder::~Recorder() = default;

void Recorder::run(const std::stop_token& stop) {
  const auto pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds(limits::recorder_pause_ms)); };
  while (!stop.stop_requested()) {
    auto entries = engine_.entries_to_log(Deadline::after_ms(limits::recorder_wait_ms));
    if (!entries) {
      spdlog::error("cannot read what is to be logged: {}", entries.error().message());
      pause();
      continue;
    }
    const Status done = record(*entries);
    if (done) continue;
    spdlog::error("cannot log: {}", done.error().message());
    if (!is_unknown(done.error().code)) {
      pause();
      continue;  // in order: the same ones are tried again
    }
    // After that, what is still to be logged is looked for anew.
    if (Status settled = settle(done.error(), stop); !settled) {
      engine_.log_failed(settled.error());
      spdlog::critical(
          "whether an entry is in the log cannot be known: nothing is logged, and so nothing agreed to, "
          "until this custodian starts anew ({})",
          settled.error().message());
      return;
    }
  }
}

// A disk that stands still may do in a while what it was asked to. Until it has, nothing else is logged: then the log
// itself tells what of it is there. Where a write or its undoing has failed, what is durable can only be told by
// reading the file anew, at a new start: after a failed fdatasync the system may show as written what never gets to the
// disk.
Status Recorder::settle(const Error& doubt, const std::stop_token& stop) {
  engine_.log_failed(doubt);
  while (!stop.stop_requested()) {
    const Status settled = engine_.log().wait_settled(Deadline::after_ms(limits::recorder_wait_ms));
    if (!settled && settled.error().code == ErrorCode::timeout) continue;
    QORGAN_CHECK(settled);
    const Status matched = engine_.match_logged();
    if (matched) {
      unmarked_.clear();
      engine_.log_works();
      spdlog::info("the log has taken up its work again");
      return {};
    }
    if (matched.error().code == ErrorCode::damaged) return matched;
    spdlog::error("cannot look up what is in the log: {}", matched.error().message());
    std::this_thread::sleep_for(std::chrono::milliseconds(limits::recorder_pause_ms));
  }
  return {};
}

// In batches that the log takes whole: for all of one the disk is waited for once there, and once in the store.
Status Recorder::record(std::span<store::Entry> entries) {
  if (!unmarked_.empty()) {
    QORGAN_CHECK(engine_.entries_logged(unmarked_, unmarked_index_));
    unmarked_.clear();
    return {};  // what is left to be logged is asked for anew
  }
  while (!entries.empty()) {
    std::size_t count = 0;
    for (std::size_t size_bytes = 0; count < entries.size() && count < limits::log_batch_entries_max; ++count) {
      size_bytes += entries[count].leaf.size();
      if (size_bytes > limits::log_batch_bytes_max) break;
    }
    QORGAN_CHECK(append(entries.first(count)));
    entries = entries.subspan(count);
  }
  return {};
}

Status Recorder::append(std::span<store::Entry> entries) {
  fault_point("log.before");
  std::vector<Bytes> leaves;
  for (const store::Entry& entry : entries) {
    const ByteView leaf = as_bytes(entry.leaf);
    leaves.emplace_back(leaf.begin(), leaf.end());
  }
  const auto appended = engine_.log().append_all(std::move(leaves), Deadline::after_ms(append_timeout_ms_));
  if (!appended && is_unknown(appended.error().code)) return tl::unexpected(appended.error());
  if (!appended) return give_up(entries, appended.error());
  fault_point("log.after");
  unmarked_.assign(std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end()));
  unmarked_index_ = appended->index;
  QORGAN_CHECK(engine_.entries_logged(unmarked_, unmarked_index_));
  unmarked_.clear();
  return {};
}

// Nothing has been done yet of what was only agreed to, so that it can be given up; all else has happened, and is
// logged later.
Status Recorder::give_up(std::span<const store::Entry> entries, const Error& reason) {
  bool all = true;
  for (const store::Entry& entry : entries) {
    const auto parsed = ledger::parse_leaf(entry.leaf);
    if (parsed && ledger::is_agreed(parsed->event)) {
      QORGAN_CHECK(engine_.entry_failed(entry, reason));
    } else {
      all = false;
    }
  }
  if (all) return {};
  return tl::unexpected(reason);
}

}  // namespace qorgan::custodian
