// A custodian for the fault tests: `qorgan custodian`, or with a third word `qorgan custodian recover`, with what the
// tests set by the environment.
//   QORGAN_FAULT_FILE     where the process is to die (fault_point.cpp)
//   QORGAN_CLOCK_FILE     how wrong its clock is (fault_clock.cpp)
//   QORGAN_TEST_PAGES     the database is full at that many pages
//   QORGAN_TEST_PROTOCOL  the version of the protocol that it says it speaks
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "cli/command.h"
#include "crypto/random.h"
#include "custodian/daemon.h"
#include "custodian/recovery.h"

namespace {

long number_of(const char* variable, long otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtol(text, nullptr, 10);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace qorgan;
  const bool is_recovery = argc == 4 && std::string_view(argv[3]) == "recover";
  if (argc != 3 && !is_recovery) return cli::exit_code_of(ErrorCode::invalid_input);
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  crypto::initialise();
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  if (is_recovery) {
    const auto recovered = custodian::recover({argv[1], argv[2], {}});
    return recovered ? 0 : cli::report({}, recovered.error());
  }
  custodian::DaemonOptions options;
  options.folder = argv[1];
  options.network_file = argv[2];
  options.pages_max = number_of("QORGAN_TEST_PAGES", 0);
  options.protocol_version = static_cast<std::uint16_t>(number_of("QORGAN_TEST_PROTOCOL", limits::protocol_version));
  auto daemon = custodian::Daemon::start(options);
  if (!daemon) return cli::report({}, daemon.error());
  int received = 0;
  sigwait(&signals, &received);
  daemon->stop();
  return 0;
}
