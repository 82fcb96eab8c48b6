// How much memory this process holds.
#pragma once

#include <cstdint>

namespace qorgan::custodian {

// Of /proc/self/statm; 0 where it cannot be read.
std::uint64_t resident_bytes();

}  // namespace qorgan::custodian
