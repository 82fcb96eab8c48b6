// Looks at memory in the moment in which it is given back: what a destructor left there.
#pragma once

#include <cstddef>

namespace qorgan::crypto::testing_memory {

// From now on, `place` (got from operator new) is looked at when it is given to operator delete.
void watch(const void* place, std::size_t size_bytes);
bool given_back();
// How many bytes of it were not zero then.
std::size_t left_over_bytes();

}  // namespace qorgan::crypto::testing_memory
