#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace qorgan::cli {

void add_json_option(CLI::App& command, Context& context) {
  command.add_flag("--json", context.json, "Print one JSON object instead of text");
}

}  // namespace qorgan::cli
