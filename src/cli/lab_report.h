// The pages that `qorgan lab report` makes.
#pragma once

#include "cli/command.h"

namespace qorgan::cli {

void add_report_accuracy(CLI::App& report_command, Context& context);
void add_report_performance(CLI::App& report_command, Context& context);

}  // namespace qorgan::cli
