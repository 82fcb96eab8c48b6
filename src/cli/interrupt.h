// Ctrl-C as a request to stop, for commands that have something to put in order first.
#pragma once

#include <signal.h>

#include <stop_token>
#include <thread>

namespace qorgan::cli {

// Of a command that Ctrl-C ended before its work was done: 128 and SIGINT's number, as shells have it.
inline constexpr int kExitInterrupted = 130;

// As long as it lives, SIGINT, SIGTERM and SIGHUP request a stop instead of ending the process. Made before other
// threads are, as these must not take the signals themselves.
class Interrupt {
 public:
  enum class Again { ends_the_process, changes_nothing };
  // What a second signal does.
  explicit Interrupt(Again again);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return requested_.get_token(); }
  bool requested() const { return requested_.stop_requested(); }
  // Returns when it is.
  void wait();

 private:
  void watch(const std::stop_token& over);

  const Again again_;
  sigset_t signals_{};
  sigset_t before_{};
  std::stop_source requested_;
  std::jthread thread_;
};

}  // namespace qorgan::cli
