// SQLite's layer of files, of which one write fails, is cut short half-way, or is the last thing that the process does.
#pragma once

#include <cstdint>

namespace qorgan::store::test {

enum class Fault {
  none,
  fails,           // nothing is done
  cut_short,       // half of it is done, then it fails
  kill_before,     // the process ends
  kill_cut_short,  // with half of it done
  kill_after,
};

// From here on every file that this process opens with SQLite goes through it. What changes a file is counted from 1;
// `at` is the one that the fault happens to. To be called in a process of its own.
void use_faulty_files(Fault fault, std::uint64_t at);
// How many there have been.
std::uint64_t changes_of_files();

inline constexpr int kKilled = 42;  // the exit code of a process that the fault has ended

}  // namespace qorgan::store::test
