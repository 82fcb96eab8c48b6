#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace qorgan::cli {

void add_lab_extract(CLI::App&, Context&) {}

}  // namespace qorgan::cli
