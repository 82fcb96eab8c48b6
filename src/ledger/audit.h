// Audits the three custodians' logs against one another, and each for itself: what one agreed to, the others must have
// logged alike, or it must have come to nothing.
//
// Times are those of the entries. A log that has nothing newer yet is behind; it is an alarm only once it has gone on
// past limits::log_audit_grace_s without what it lacks.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ledger/evidence.h"

namespace qorgan::ledger {

inline constexpr std::size_t kAuditedLogs = 3;

// A log to audit: a Follower's mirror, or anything else whose entries and proofs are true.
struct AuditedLog {
  VerifierKey key;
  std::vector<VerifierKey> cosigners;
  std::uint64_t size = 0;
  std::function<Result<std::vector<Bytes>>(std::uint64_t from, std::uint64_t to)> entries;
  std::function<Result<LogProof>(std::uint64_t index)> prove;
};
using AuditedLogs = std::array<AuditedLog, kAuditedLogs>;

struct LoggedPolicy {
  std::int64_t time_s = 0;
  Hash digest{};
};

struct LogSummary {
  std::uint64_t entries = 0;  // read so far
  std::int64_t newest_s = 0;  // time of the newest of them; 0: none
  std::uint64_t refused = 0;
  std::uint64_t aborted = 0;
  std::uint64_t erased = 0;  // also those that expired
  std::uint64_t malformed = 0;
  std::uint64_t hidden_closed = 0;
  std::uint64_t lacks = 0;             // requests that another log has and this one may still log
  std::vector<LoggedPolicy> policies;  // the last ones, oldest first
};

struct AuditSummary {
  std::array<LogSummary, kAuditedLogs> logs;
  // Requests that all three have agreed to, by purpose and party; hidden ones under two empty names.
  std::map<std::pair<std::string, std::string>, std::uint64_t> uses;
};

// Not thread-safe.
class Audit {
 public:
  // Goes on where the last audit that was saved in `file` has ended, if there is one. Errors: damaged, unavailable,
  // wrong_network (the file is of other logs).
  static Result<Audit> open(std::filesystem::path file, const std::array<VerifierKey, kAuditedLogs>& logs);
  ~Audit();
  Audit(Audit&&) noexcept;
  Audit& operator=(Audit&&) noexcept;

  // Reads what is new in the three logs, and hands out each alarm once; `on_alarm` makes it durable, and its error ends
  // the audit. What is known then is saved before this returns: a run that was killed before that is done again, with
  // the same alarms. Errors: the logs', on_alarm's, those of write_file_atomically.
  using OnAlarm = std::function<Status(const Evidence&)>;
  Status run(const AuditedLogs& logs, std::int64_t now_s, const OnAlarm& on_alarm);

  AuditSummary summary() const;

 private:
  struct State;
  explicit Audit(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace qorgan::ledger
