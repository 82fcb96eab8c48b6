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
  std::vector<std::string> proven_by;  // names of the custodians whose logs were checked to hold it
  std::int64_t hidden_until_s = 0;     // 0: it was never hidden
  std::string reason;                  // of what was refused: an error code's name
};

// By time; within a second by the requests' ids, which begin with their milliseconds.
bool is_newer(const TraceEntry& a, const TraceEntry& b);

// Newest first: when and what, then who, where, why, and which logs show it. Below the person's own uses the searches
// among everybody, where there were any.
std::string trace_text(std::vector<TraceEntry> uses, std::vector<TraceEntry> searches, Language language);
// {"uses":[...]}, newest first.
nlohmann::json trace_json(std::vector<TraceEntry> entries);

}  // namespace qorgan::rights
