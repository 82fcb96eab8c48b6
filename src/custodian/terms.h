// On what terms a record is kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace qorgan::custodian {

// As a custodian stores them with the record; what the person is told is rights::Terms.
struct Terms {
  std::string party;  // id of the relying party that enrolled
  std::string purpose;
  std::int64_t purpose_version = 0;
  std::string basis;
  bool by_consent = false;
  std::int64_t enrolled_ms = 0;
  std::int64_t keep_until_ms = 0;  // 0: until it is withdrawn
  // Of the log entry that says the enrolment was agreed to: kept here, so that it goes with the record. Not in memory.
  std::string enrolment_opening;

  std::string text() const;
  bool operator==(const Terms&) const = default;
};

// Errors: damaged.
Result<Terms> parse_terms(std::string_view text);

}  // namespace qorgan::custodian
