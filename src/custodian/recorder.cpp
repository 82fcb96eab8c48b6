#include "custodian/recorder.h"

#include <spdlog/spdlog.h>

#include "base/limits.h"
#include "custodian/fault.h"

namespace qorgan::custodian {

Recorder::Recorder(Engine& engine) : engine_(engine), thread_([this](const std::stop_token& stop) { run(stop); }) {}

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
        pause();
        break;  // in order: the same one is tried again
      }
    }
  }
}

Status Recorder::record(const store::Entry& entry) {
  fault_point("log.before");
  const ByteView leaf = as_bytes(entry.leaf);
  const auto appended =
      engine_.log().append(Bytes(leaf.begin(), leaf.end()), Deadline::after_ms(limits::recorder_append_timeout_ms));
  if (appended) {
    fault_point("log.after");
    return engine_.entry_logged(entry, appended->index);
  }
  // Nothing has been done yet of what was only agreed to, so that it can be given up; all else has happened, and is
  // logged later. After a timeout nobody knows whether it is there: the next start finds out.
  const auto parsed = ledger::parse_leaf(entry.leaf);
  const bool can_be_given_up =
      parsed && ledger::is_agreed(parsed->event) && appended.error().code != ErrorCode::timeout;
  if (can_be_given_up) return engine_.entry_failed(entry, appended.error());
  return tl::unexpected(appended.error());
}

}  // namespace qorgan::custodian
