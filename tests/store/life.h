// The life of a store, from which tests of kills and faults cut a piece: what operation `sequence` does is a function
// of its number alone. In turns of six: three people are enrolled, the second is locked, all three are refreshed, the
// first is erased.
#pragma once

#include "tests/store/store_support.h"

namespace qorgan::store::test {

// Puts the operation's request, applies the operation with an entry for the log. To be repeated after an error.
Status live(Store& store, std::int64_t sequence);

// That a store holds what the operations up to some number leave, those that were `told` as done and one more at most.
void expect_life(Store& store, std::int64_t told);

}  // namespace qorgan::store::test
