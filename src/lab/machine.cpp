#include "lab/machine.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "mpc/kernel.h"

namespace qorgan::lab {
namespace {

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown processor";
}

std::string system_name() {
  utsname names{};
  if (::uname(&names) != 0) return "unknown system";
  return fmt::format("{} {}", names.sysname, names.release);
}

}  // namespace

Machine this_machine() {
  Machine machine;
  machine.processor = processor_name();
  machine.kernel = system_name();
  machine.compiler = fmt::format("GCC {}", __VERSION__);
  machine.match_kernel = mpc::best_kernel().name;
  machine.cores = static_cast<int>(std::thread::hardware_concurrency());
  const auto pages = static_cast<double>(::sysconf(_SC_PHYS_PAGES));
  machine.memory_gib = pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 30);
  double load = 0;
  if (::getloadavg(&load, 1) == 1) machine.load_1min = load;
  return machine;
}

std::string describe(const Machine& machine) {
  return fmt::format("{}, {} cores, {:.0f} GiB, {}, {}, {} kernel; load {:.1f} when the measurement began",
                     machine.processor, machine.cores, machine.memory_gib, machine.kernel, machine.compiler,
                     machine.match_kernel, machine.load_1min);
}

}  // namespace qorgan::lab
