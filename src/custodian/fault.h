// Places at which the fault tests stop a custodian.
#pragma once

namespace qorgan::custodian {

// Does nothing in the product. The test programs link another definition (tests/e2e/fault_point.cpp), which kills
// the process at the place named by the environment.
void fault_point(const char* place);

}  // namespace qorgan::custodian
