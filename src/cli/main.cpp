#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "crypto/random.h"

int main(int argc, char** argv) {
  using namespace qorgan;
  crypto::initialise();
  CLI::App app{"Qorgan keeps fingerprints among three custodians who compare them without ever putting them together.",
               "qorgan"};
  app.set_version_flag("--version", QORGAN_VERSION);
  app.require_subcommand(1);
  cli::Context context;
  CLI::App* lab = app.add_subcommand("lab", "Measure: extract, score, make artificial prints, benchmark");
  lab->require_subcommand(1);
  cli::add_lab_extract(*lab, context);
  cli::add_lab_score(*lab, context);
  cli::add_lab_synth(*lab, context);
  cli::add_lab_learn(*lab, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : cli::exit_code_of(ErrorCode::invalid_input);
  }
  return context.exit_code;
}
