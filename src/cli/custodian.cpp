#include <signal.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/custodian_commands.h"
#include "custodian/daemon.h"

namespace qorgan::cli {
namespace {

struct Options {
  custodian::DaemonOptions daemon;
  std::string log_level = "info";
};

int run(const Context& context, const Options& options) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("qorgan"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  spdlog::set_level(spdlog::level::from_str(options.log_level));
  // Blocked before any thread begins, so that only sigwait sees them.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  auto daemon = custodian::Daemon::start(options.daemon);
  if (!daemon) return report(context, daemon.error());
  spdlog::info("{} listens; {} people enrolled", daemon->describe(), daemon->people());
  int received = 0;
  sigwait(&signals, &received);
  spdlog::info("stopping");
  daemon->stop();
  return 0;
}

}  // namespace

void add_custodian_files(CLI::App& command, CustodianFiles& files) {
  command.add_option("--dir", files.folder, "Folder of this custodian's keys and database")->required();
  command.add_option("--network", files.network_file, "The public network file")->required();
}

void add_custodian(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("custodian", "Run one custodian until it is told to stop");
  auto options = std::make_shared<Options>();
  CLI::Option* folder =
      command->add_option("--dir", options->daemon.folder, "Folder of this custodian's keys and database");
  CLI::Option* network = command->add_option("--network", options->daemon.network_file, "The public network file");
  command->add_option("--log-level", options->log_level, "What is written to standard error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  add_custodian_refresh(*command, context);
  add_custodian_rotate(*command, context);
  add_custodian_recover(*command, context);
  add_custodian_backup(*command, context);
  add_custodian_restore(*command, context);
  command->callback([&context, options, command, folder, network] {
    if (!command->get_subcommands().empty()) return;
    for (const CLI::Option* needed : {folder, network})
      if (needed->empty()) throw CLI::RequiredError(needed->get_name());
    context.exit_code = run(context, *options);
  });
}

}  // namespace qorgan::cli
