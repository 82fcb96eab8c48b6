// What the holder of a receipt asks of the custodians, without a desk.
#pragma once

#include "cli/desk_options.h"
#include "rights/secret.h"

namespace qorgan::cli {

// --handle and --secret; gives the first.
CLI::Option* add_holder_options(CLI::App& command, HolderOptions& options);
// Errors: invalid_input.
Result<rights::HandleAndSecret> read_holder(const HolderOptions& options);

// `erase` with a receipt instead of an ID number.
Result<int> erase_by_holder(const Context& context, const DeskOptions& options);

}  // namespace qorgan::cli
