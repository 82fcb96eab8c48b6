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
    const auto entries = engine_.entries_to_log(Deadline::after_ms(limits::recorder_wait_ms));
    if (!entries) {
      spdlog::error("cannot read what is to be logged: {}", entries.error().message());
      pause();
      continue;
    }
    for (const store::Entry& entry : *entries) {
      if (stop.stop_requested()) return;
      if (Status done = record(entry); !done) {
        spdlog::error("cannot log: {}", done.error().message());
        if (is_unknown(done.error().code)) {
          if (Status settled = settle(done.error(), stop); !settled) {
            engine_.log_failed(settled.error());
            spdlog::critical(
                "whether an entry is in the log cannot be known: nothing is logged, and so nothing agreed to, "
                "until this custodian starts anew ({})",
                settled.error().message());
            return;
          }
        } else {
          pause();
        }
        break;  // in order: the same one is tried again, or what is still to be logged is looked for anew
      }
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

Status Recorder::record(const store::Entry& entry) {
  const auto before = unmarked_.find(entry.number);
  if (before == unmarked_.end()) QORGAN_CHECK(append(entry));
  const auto appended = unmarked_.find(entry.number);
  if (appended == unmarked_.end()) return {};  // given up
  QORGAN_CHECK(engine_.entry_logged(entry, appended->second));
  unmarked_.erase(appended);
  return {};
}

Status Recorder::append(const store::Entry& entry) {
  fault_point("log.before");
  const ByteView leaf = as_bytes(entry.leaf);
  const auto appended = engine_.log().append(Bytes(leaf.begin(), leaf.end()), Deadline::after_ms(append_timeout_ms_));
  if (appended) {
    fault_point("log.after");
    unmarked_[entry.number] = appended->index;
    return {};
  }
  // Nothing has been done yet of what was only agreed to, so that it can be given up; all else has happened, and is
  // logged later.
  const auto parsed = ledger::parse_leaf(entry.leaf);
  const bool can_be_given_up = parsed && ledger::is_agreed(parsed->event) && !is_unknown(appended.error().code);
  if (can_be_given_up) return engine_.entry_failed(entry, appended.error());
  return tl::unexpected(appended.error());
}

}  // namespace qorgan::custodian
