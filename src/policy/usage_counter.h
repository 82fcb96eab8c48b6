// Counts what desks and operators ask for, in windows that slide. Names are opaque here: a custodian gives keyed
// hashes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "policy/decision.h"

namespace qorgan::policy {

// What a day's window holds of one desk, or of one operator of a party: to be kept over the end of the process.
struct DayCounts {
  bool is_desk = false;
  std::string party;                       // of an operator; empty: of all parties for which there was no place
  std::string name;                        // empty: of all names for which there was no place
  std::int64_t hour = 0;                   // the latest one that is counted, since the beginning of the clock
  std::array<std::uint32_t, 25> counts{};  // in that hour, in the one before, ...
  bool operator==(const DayCounts&) const = default;
};

// Thread-safe; memory is bounded by limits::quota_names_max. A minute is counted in steps of 5 s and a day in steps of
// an hour, each window at least as long as its name says. Of what restore() is not given nothing is known after a new
// start; minutes begin anew.
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

  // As they stand, of the two that take() counts for these names.
  std::vector<DayCounts> day_counts(const std::string& desk, const std::string& party,
                                    const std::string& operator_name) const;
  // Before the first take(). What is of a later hour than `now_ms`, for the clock was set back, counts as of this one.
  void restore(const DayCounts& counts, std::int64_t now_ms);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace qorgan::policy
