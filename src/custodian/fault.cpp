#include "custodian/fault.h"

namespace qorgan::custodian {

void fault_point(const char*) {}

}  // namespace qorgan::custodian
