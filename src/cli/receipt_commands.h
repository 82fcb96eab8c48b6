// Papers that people hold, checked and printed offline.
#pragma once

#include "cli/command.h"

namespace qorgan::cli {

// Each adds `verify FILE` and `print FILE`.
void add_receipt(CLI::App& app, Context& context);
void add_certificate(CLI::App& app, Context& context);
void add_absence(CLI::App& app, Context& context);

}  // namespace qorgan::cli
