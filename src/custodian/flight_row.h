// What a custodian keeps of a request over a restart.
#pragma once

#include <memory>

#include "custodian/flight.h"
#include "store/store.h"

namespace qorgan::custodian {

// Takes this custodian's private part of a request in: the shares, a finger each, and before them an enrolment's view
// key. Errors: damaged, invalid_input.
Status read_payload(ByteView payload, int custodian, Flight& flight);

// A comparison's probe need not outlive this process: if it stops, the comparison is aborted. An enrolment's shares
// must.
store::RequestRow to_row(const Flight& flight);
// The reverse; a flight that has just arrived. Errors: damaged.
Result<std::shared_ptr<Flight>> from_row(const store::RequestRow& row, int custodian);

}  // namespace qorgan::custodian
