// The machine that figures were measured on, as the system tells.
#pragma once

#include <string>

namespace qorgan::lab {

struct Machine {
  std::string processor;
  std::string kernel;        // of the system
  std::string compiler;      // that this program was built with
  std::string match_kernel;  // mpc::best_kernel()
  int cores = 0;
  double memory_gib = 0;
  double load_1min = 0;
};

Machine this_machine();
// One sentence for a page.
std::string describe(const Machine& machine);

}  // namespace qorgan::lab
