// data/projection.bin, made part of the program when it is built.
#pragma once

#include "base/bytes.h"

namespace qorgan::finger {

// The whole file; lives as long as the program.
ByteView projection_data();

}  // namespace qorgan::finger
