// What a person is shown of the uses of their data.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ledger/leaf.h"
#include "policy/purpose.h"
#include "rights/language.h"

namespace qorgan::rights {

// What custodians say differently of one request.
struct TraceDifference {
  struct Said {
    int custodian = 0;
    std::string name;   // the custodian's
    std::string value;  // a time in UTC, an event's name, or as it is written; may be empty
    bool operator==(const Said&) const = default;
  };
  std::string field;  // "event", "party", "purpose", "desk", "operator" or "time"
  std::vector<Said> said;
  bool operator==(const TraceDifference&) const = default;
};

// A custodian that had lost its list and was rebuilt from the two others since.
struct Rebuilt {
  std::string name;
  std::int64_t time_s = 0;  // when one that tells of the use helped it
};

// One entry of the logs with its opened details. What is not known is empty.
struct TraceEntry {
  std::int64_t time_s = 0;  // unix time
  ledger::Event event = ledger::Event::verify;
  std::string party;  // the relying party's id
  std::string party_name;
  std::string purpose;  // its id
  policy::Words purpose_words;
  policy::Words basis_words;
  std::string desk;
  std::string operator_name;
  std::optional<ledger::RequestId> request;
  std::vector<std::string> proven_by;      // names of the custodians whose logs were checked to hold it
  std::int64_t hidden_until_s = 0;         // 0: it was never hidden
  std::string reason;                      // of what was refused: an error code's name
  std::vector<TraceDifference> differing;  // alarms, of the whole request
  std::vector<Rebuilt> rebuilt;            // those that do not tell of it, and need not
};

// By time; within a second by the requests' ids, which begin with their milliseconds.
bool is_newer(const TraceEntry& a, const TraceEntry& b);

// Newest first: when and what, then who, where, why, and which logs show it. Below the person's own uses the searches
// among everybody, where there were any. `cut` names custodians that have more to tell than was asked for: it is then
// said first that this is not all.
std::string trace_text(std::vector<TraceEntry> uses, std::vector<TraceEntry> searches, Language language,
                       const std::vector<std::string>& cut = {});
// {"uses":[...]}, newest first.
nlohmann::json trace_json(std::vector<TraceEntry> entries);

}  // namespace qorgan::rights
