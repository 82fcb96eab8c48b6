// A comparison at one custodian: from the flight's snapshot and probe to its durable result.
#pragma once

#include <vector>

#include "custodian/engine.h"
#include "custodian/lane.h"

namespace qorgan::custodian {

// Runs the private match of a request over the lanes, each taking an equal contiguous part of the people on a thread of
// its own, and stores the result: the accept bits' shares of all people in order, eight a byte, own then next; of one
// bit, whether anybody is accepted, where this custodian's policy has the search answer that alone. Errors: those of
// the lanes; the lanes are of no use afterwards then.
Status run_comparison(Engine& engine, const protocol::RequestId& id, const std::vector<Lane*>& lanes);

}  // namespace qorgan::custodian
