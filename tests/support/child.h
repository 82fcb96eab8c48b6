// Work in a process of its own.
#pragma once

#include <functional>

namespace qorgan::test {

// Its exit code: 0 where the test noticed nothing in it, 1 where it did, or another that the work itself exits with.
int run_in_child(const std::function<void()>& work);

}  // namespace qorgan::test
