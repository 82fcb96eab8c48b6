#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/command.h"

namespace qorgan::cli {

int report(const Context& context, const Error& error) {
  std::fprintf(stderr, "qorgan: %s\n", error.message().c_str());
  if (context.json) {
    print_json({{"error",
                 {{"code", error_code_name(error.code)},
                  {"what", error.what},
                  {"where", error.where},
                  {"remedy", error.remedy}}}});
  }
  return exit_code_of(error.code);
}

void print_json(const nlohmann::json& object) {
  std::printf("%s\n", object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

Progress::Progress(std::string what, std::size_t total)
    : what_(std::move(what)), total_(total), terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (terminal_ && last_percent_ >= 0) std::fprintf(stderr, "\r\033[K");
}

void Progress::advance(std::size_t by) {
  done_ += by;
  if (!terminal_ || total_ == 0) return;
  const int percent = static_cast<int>(100 * done_ / total_);
  if (percent == last_percent_) return;
  last_percent_ = percent;
  std::fprintf(stderr, "\r%s %zu/%zu (%d %%)", what_.c_str(), done_, total_, percent);
  std::fflush(stderr);
}

}  // namespace qorgan::cli
