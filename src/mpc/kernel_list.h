// The kernels there are. Each function is in the source file of its kernel.
#pragma once

#include "mpc/kernel.h"

namespace qorgan::mpc {

const Kernel* scalar_kernel();
// Null where the program was built for another kind of processor. The caller checks first that this processor has the
// instructions.
const Kernel* avx2_kernel();
const Kernel* avx512_kernel();

}  // namespace qorgan::mpc
