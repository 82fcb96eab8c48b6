// Warrants: a court's permission to search, countersigned by officers of at least two custodians.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.h"

namespace qorgan::policy {

// Each list is a narrowing: an empty one leaves open what the relying party may otherwise.
struct Scope {
  std::vector<std::string> desks;
  std::vector<std::string> operators;
  std::vector<int> fingers;  // ISO/IEC 19794-2 positions, rising, none twice
  bool operator==(const Scope&) const = default;
};

struct Warrant {
  WarrantId id{};
  crypto::Digest network_id{};
  std::string case_name;  // the court's number of the case
  std::string court;      // the name of its key in the policy
  std::string party;      // the relying party's id
  std::string purpose;    // its id
  Scope scope;
  int searches_max = 1;           // 1..limits::warrant_searches_max
  int candidates_max = 1;         // 1..limits::candidates_max
  std::int64_t not_before_s = 0;  // unix time; both ends belong to it
  std::int64_t not_after_s = 0;
  std::int64_t hidden_until_s = 0;  // 0: its uses are not hidden

  // "qorgan warrant v1\n" and one line of canonical JSON: what is signed.
  std::string text() const;
  bool operator==(const Warrant&) const = default;
};

// The text alone; nobody's signature is looked at. Errors: invalid_input, naming the field: also for an end before the
// beginning, a duration above limits::warrant_duration_s_max, a hidden_until before the end or later than
// limits::warrant_hidden_after_s_max after it.
Result<Warrant> parse_warrant(std::string_view text);
// The same out of a whole note, to learn which warrant a request comes with: its uses are to be counted.
Result<Warrant> peek_warrant(std::string_view note);

// Whether a warrant (a whole note) allows what is asked at `now_s`, used `uses` times before. Errors, each saying which
// rule failed: invalid_input (malformed), wrong_network, damaged (a signature fails), refused (everything else).
Result<Warrant> check_warrant(std::string_view note, const Policy& policy, const Question& question, std::int64_t uses,
                              std::int64_t now_s);

// The same, rule by rule.
class Checks;
std::optional<Warrant> judge_warrant(std::string_view note, const Policy& policy, const Question& question,
                                     std::int64_t uses, std::int64_t now_s, Checks& checks);

}  // namespace qorgan::policy
