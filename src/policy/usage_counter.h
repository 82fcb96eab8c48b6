// Counts what desks and operators ask for, in windows that slide.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "policy/decision.h"

namespace qorgan::policy {

// Thread-safe; memory is bounded by limits::quota_names_max. A minute is counted in steps of 5 s and a day in steps of
// an hour, each window at least as long as its name says. Counts are forgotten when the process ends.
class UsageCounter {
 public:
  UsageCounter();
  ~UsageCounter();

  // Counts one request and gives what was counted before it, warrant_uses aside. `now_ms` is of a clock that does not
  // jump, for example the steady one's; an earlier time than at the last call counts as that one. An operator is
  // counted for a relying party, at whichever desk. After limits::quota_operators_of_party_max names of one party, or
  // limits::quota_names_max in all, further names share one count.
  Usage take(const std::string& desk, const std::string& party, const std::string& operator_name, std::int64_t now_ms);
  // Takes one request back that was refused, so that only what was allowed counts. Same names and time as at take().
  void give_back(const std::string& desk, const std::string& party, const std::string& operator_name,
                 std::int64_t now_ms);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace qorgan::policy
