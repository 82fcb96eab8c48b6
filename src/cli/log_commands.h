// `qorgan log`: what anybody can do with a custodian's log, or with what was handed out from it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "ledger/note.h"

namespace CLI {
class App;
}

namespace qorgan::cli {

struct Context;

// Each adds its subcommand of `log`.
void add_log_verify(CLI::App& log, Context& context);
void add_log_follow(CLI::App& log, Context& context);
void add_log_prove(CLI::App& log, Context& context);
void add_log_fsck(CLI::App& log, Context& context);
// `log` with all of them.
void add_log(CLI::App& app, Context& context);

// Verifier keys as they are written on a command line. Errors: invalid_input.
Result<std::vector<ledger::VerifierKey>> parse_verifier_keys(const std::vector<std::string>& texts);

}  // namespace qorgan::cli
