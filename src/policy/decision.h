// What a custodian is asked to allow, and what it says to it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/purpose.h"

namespace qorgan::policy {

using WarrantId = std::array<std::uint8_t, 16>;

// What the custodian's store knows of the person, where the request names one.
struct SubjectState {
  bool locked = false;
  bool withdrawn = false;                // consent; the record may still be there
  std::optional<BasisKind> enrolled_by;  // the legal basis of the record; nothing where there is no record
};

struct Question {
  Operation operation = Operation::verify;
  std::string desk;
  std::string operator_name;
  std::string purpose;            // its id
  std::vector<int> fingers;       // ISO/IEC 19794-2 positions; empty where the operation has no prints
  std::string warrant;            // the whole note; empty where none came with the request
  SubjectState subject;           // as it is by default where the request names nobody
  bool asked_by_subject = false;  // with a receipt, and through no desk: desk and operator_name are empty
};

// How often the same was asked before this request.
struct Usage {
  std::int64_t desk_minute = 0;
  std::int64_t desk_day = 0;
  std::int64_t operator_minute = 0;
  std::int64_t operator_day = 0;
  std::int64_t warrant_uses = 0;  // all that were agreed to under this warrant
};

// One rule that was looked at.
struct Check {
  std::string_view rule;  // one of a few fixed words: "desk", "warrant-court"
  bool passed = false;
  std::string text;  // a plain sentence
};

struct Decision {
  std::optional<Error> refusal;  // of the first rule that failed: refused, or busy for a quota
  std::string party;             // its id; empty where the subject asked
  std::string purpose;           // what follows is empty as long as the purpose is not known
  std::int64_t purpose_version = 0;
  std::string basis;
  int retention_days = 0;
  bool one_bit = false;
  std::optional<WarrantId> warrant;
  int candidates_max = 0;           // of an identification: 1..limits::candidates_max; 0 with one_bit
  std::int64_t hidden_until_s = 0;  // 0: it is not hidden
  // Each rule in the order in which they are looked at. After a failure those follow that can still be judged.
  std::vector<Check> checks;

  bool allowed() const { return !refusal; }
};

}  // namespace qorgan::policy
