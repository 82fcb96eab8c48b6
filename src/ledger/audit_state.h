// What an audit remembers between two runs. For this module's .cpp files alone.
#pragma once

#include <optional>
#include <set>

#include "ledger/audit.h"

namespace qorgan::ledger {

// An agreed use whose details are hidden, until it is opened.
struct HiddenUse {
  std::int64_t until_s = 0;
  Hash details{};
  bool reported = false;
};

// What one log says of a request.
struct RequestSide {
  std::optional<std::uint64_t> agreed;  // the entry's index
  std::string agreed_text;
  std::optional<std::uint64_t> refused;
  bool aborted = false;
  bool reported = false;  // that this log lacks it, or has not ended it

  bool is_known() const { return agreed || refused || aborted; }
  bool is_open() const { return agreed && !aborted; }
};

// A request for as long as something about it may still come.
struct AuditedRequest {
  std::int64_t first_s = 0;  // the earliest time that an entry about it has
  std::array<RequestSide, kAuditedLogs> sides;
  bool counted = false;  // among the uses
  bool differs = false;  // that was reported
};

struct AuditMemory {
  struct OneLog {
    VerifierKey key;
    LogSummary summary;
    std::uint64_t newest_index = 0;  // of the entry with summary.newest_s
    std::map<std::uint64_t, HiddenUse> hidden;
  };

  std::array<OneLog, kAuditedLogs> logs;
  std::map<std::pair<std::string, std::string>, std::uint64_t> uses;
  std::map<RequestId, AuditedRequest> requests;

  std::string text() const;
};
// Errors: invalid_input.
Result<AuditMemory> parse_audit_memory(std::string_view text);

}  // namespace qorgan::ledger
