// Places at which the fault tests stop a custodian.
#pragma once

namespace qorgan::custodian {

// Does nothing in the product. The test programs link another definition (tests/e2e/fault_point.cpp), which kills
// the process at the place named by the environment.
void fault_point(const char* place);
// False in the product. In the tests true as long as the environment's file asks to be held at the place; whoever asks
// goes on asking, and does there what it does anywhere else.
bool fault_holds(const char* place);

}  // namespace qorgan::custodian
