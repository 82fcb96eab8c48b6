// What three custodians tell of one record, side by side.
#pragma once

#include "cli/command.h"
#include "protocol/network.h"
#include "rights/language.h"
#include "rights/trace_pages.h"

namespace qorgan::cli {

// Prints the uses that any of them tells of, newest first, with those that prove it. Gives the exit code: an error's
// where a custodian could not be asked, or where its log lacks what another's has. Errors: where none answered.
Result<int> report_trace(const Context& context, const protocol::Network& network, const rights::TracePages& pages,
                         const rights::TraceWish& wish, rights::Language language);

}  // namespace qorgan::cli
