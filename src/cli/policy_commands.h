// `qorgan policy` and `qorgan warrant`: what custodians, courts and officers do offline.
#pragma once

#include "cli/command.h"

namespace qorgan::cli {

// check, sign, show, explain
void add_policy(CLI::App& app, Context& context);
// key, write, sign, countersign, check, show
void add_warrant(CLI::App& app, Context& context);

}  // namespace qorgan::cli
