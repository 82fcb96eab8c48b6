#include "cli/log_commands.h"

#include <CLI/CLI.hpp>

namespace qorgan::cli {

void add_log(CLI::App& app, Context& context) {
  CLI::App* log = app.add_subcommand("log", "Check the custodians' public logs, and what was handed out from them");
  log->require_subcommand(1);
  add_log_verify(*log, context);
  add_log_follow(*log, context);
  add_log_prove(*log, context);
  add_log_fsck(*log, context);
}

}  // namespace qorgan::cli
