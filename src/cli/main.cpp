#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>

#include "cli/command.h"
#include "cli/log_commands.h"
#include "cli/policy_commands.h"
#include "cli/receipt_commands.h"
#include "crypto/random.h"

int main(int argc, char** argv) {
  using namespace qorgan;
  // A file size limit or a closed pipe is an error to report, not the end of the process.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  // A core dump would hold shares and keys in the clear.
  constexpr rlimit kNoCore{0, 0};
  ::setrlimit(RLIMIT_CORE, &kNoCore);
  crypto::initialise();
  CLI::App app{"Qorgan keeps fingerprints among three custodians who compare them without ever putting them together.",
               "qorgan"};
  app.set_version_flag("--version", QORGAN_VERSION);
  app.require_subcommand(1);
  cli::Context context;
  cli::add_network(app, context);
  cli::add_custodian(app, context);
  cli::add_desk_commands(app, context);
  cli::add_rights(app, context);
  cli::add_receipt(app, context);
  cli::add_certificate(app, context);
  cli::add_absence(app, context);
  cli::add_log(app, context);
  cli::add_policy(app, context);
  cli::add_warrant(app, context);
  cli::add_demo(app, context);
  CLI::App* lab = app.add_subcommand("lab", "Measure: extract, score, make artificial prints, benchmark");
  lab->require_subcommand(1);
  cli::add_lab_extract(*lab, context);
  cli::add_lab_score(*lab, context);
  cli::add_lab_quality(*lab, context);
  cli::add_lab_calibrate(*lab, context);
  cli::add_lab_report(*lab, context);
  cli::add_lab_synth(*lab, context);
  cli::add_lab_learn(*lab, context);
  cli::add_lab_bench(*lab, context);
  if (argc == 1) {
    std::fputs(app.help().c_str(), stderr);
    return cli::exit_code_of(ErrorCode::invalid_input);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : cli::exit_code_of(ErrorCode::invalid_input);
  } catch (const std::exception& error) {
    return cli::report(context, {ErrorCode::internal, error.what(), {}, "Report this as a defect"});
  }
  return context.exit_code;
}
