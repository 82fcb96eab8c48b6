// Where custodians tell one request differently.
//
// All of them were asked the same, under the same id: what the request itself says (event, purpose, desk, operator) is
// alike in all honest logs, as is the party, by whose desk it is known. When each agreed may differ by
// limits::trace_apart_s. What may honestly differ is not compared: versions of purposes and grounds (each has its
// policy from another moment on), reasons, and the times of what was refused, came to nothing or was destroyed (one
// that was away is told later). One that does not tell a thing, such as a custodian whose list was lost, a refusal
// without grounds or a hidden one, does not contradict. Nor does the purpose that each policy gives to what a person
// asked for themselves.
#pragma once

#include <vector>

#include "protocol/network.h"
#include "rights/ask.h"
#include "rights/trace.h"

namespace qorgan::rights {

// One custodian's entry about the request.
struct Telling {
  std::size_t custodian = 0;
  const TracedUse* use = nullptr;  // owned by the caller
};

// Of all that is told of one request. `is_timed`: it was agreed to and has not come to nothing.
std::vector<TraceDifference> differences(const protocol::Network& network, const std::vector<Telling>& tellings,
                                         bool is_timed);

}  // namespace qorgan::rights
