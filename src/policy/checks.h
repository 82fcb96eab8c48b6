// Collects what the rules say, and the first of them that fails.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/decision.h"

namespace qorgan::policy {

class Checks {
 public:
  // Both give whether the rule holds.
  bool pass(std::string_view rule, std::string text) {
    checks_.push_back({rule, true, std::move(text)});
    return true;
  }
  bool fail(std::string_view rule, Error error) {
    checks_.push_back({rule, false, error.message()});
    if (!first_failure_) first_failure_ = std::move(error);
    return false;
  }
  bool judge(std::string_view rule, bool holds, std::string text, Error otherwise) {
    return holds ? pass(rule, std::move(text)) : fail(rule, std::move(otherwise));
  }

  const std::optional<Error>& first_failure() const { return first_failure_; }
  std::vector<Check> take() { return std::move(checks_); }

 private:
  std::vector<Check> checks_;
  std::optional<Error> first_failure_;
};

}  // namespace qorgan::policy
