// Stands in for the empty function of custodian/fault.cpp in the test program.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "custodian/fault.h"

namespace qorgan::custodian {

namespace {

bool is_armed(const std::string& what) {
  static const char* const path = std::getenv("QORGAN_FAULT_FILE");
  if (path == nullptr) return false;
  std::string armed;
  std::ifstream file(path);
  return std::getline(file, armed) && armed == what;
}

}  // namespace

// Ends the process where the file that QORGAN_FAULT_FILE names holds this place, or the second time that it is passed
// where a 2 stands behind it; the file goes with it, so that the next start lives. A process ended by SIGKILL writes
// nothing more, buffered or not.
void fault_point(const char* place) {
  if (is_armed(std::string(place) + " 2")) {
    std::ofstream(std::getenv("QORGAN_FAULT_FILE")) << place;
    return;
  }
  if (!is_armed(place)) return;
  std::error_code ignored;
  if (std::filesystem::remove(std::getenv("QORGAN_FAULT_FILE"), ignored)) ::raise(SIGKILL);
}

// True while that file holds "hold" and this place.
bool fault_holds(const char* place) {
  if (!is_armed(std::string("hold ") + place)) return false;
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return true;
}

}  // namespace qorgan::custodian
