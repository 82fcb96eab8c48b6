#include "cli/interrupt.h"

#include <unistd.h>

#include <condition_variable>
#include <ctime>
#include <mutex>

namespace qorgan::cli {
namespace {

// How soon the watching thread sees that it is no longer needed.
constexpr long kLookNanoseconds = 50'000'000;

}  // namespace

Interrupt::Interrupt(Again again) : again_(again) {
  sigemptyset(&signals_);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals_, number);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  thread_ = std::jthread([this](const std::stop_token& over) { watch(over); });
}

Interrupt::~Interrupt() {
  thread_.request_stop();
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Interrupt::watch(const std::stop_token& over) {
  const timespec look{0, kLookNanoseconds};
  while (!over.stop_requested()) {
    if (sigtimedwait(&signals_, nullptr, &look) < 0) continue;
    if (requested_.stop_requested() && again_ == Again::ends_the_process) ::_exit(kExitInterrupted);
    requested_.request_stop();
  }
}

void Interrupt::wait() {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any never;
  while (!requested()) never.wait(lock, token(), [] { return false; });
}

}  // namespace qorgan::cli
