// qorgan lab bench log: how fast a log takes entries, and proves them.
#pragma once

#include "cli/command.h"

namespace qorgan::cli {

void add_lab_bench_log(CLI::App& bench, Context& context);

}  // namespace qorgan::cli
