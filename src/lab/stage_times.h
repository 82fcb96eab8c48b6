// Where the time of a comparison goes: each stage of the sieve timed by itself on one core, in this process.
#pragma once

#include <string>
#include <vector>

namespace qorgan::lab {

struct StageTime {
  std::string name;
  double us = 0;  // of one core, a pair of fingers and custodian
};

// About two seconds. Operands lie in the first-level cache but for the gallery, which does not fit the caches, as in a
// search.
std::vector<StageTime> stage_times();

}  // namespace qorgan::lab
