// A person's trace as three custodians tell it, page after page, and the three joined.
//
// Their pages end at different places in time. What one of them tells of and another does not is an alarm only where
// the other's pages reach that far.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "rights/ask.h"
#include "rights/trace.h"

namespace qorgan::rights {

struct TraceWish {
  std::optional<std::int64_t> since_s;       // nothing older; unix time
  std::optional<std::size_t> uses_max;       // the newest, and as many searches; none: all
  std::optional<std::int64_t> page_entries;  // of either list, 1..limits::trace_entries_max
  int pages_max = limits::trace_pages_max;   // of each custodian, 1..limits::trace_pages_wished_max
  std::int64_t now_s = 0;                    // unix time
};

// What one custodian has told so far. A list reaches back to `..._from_s`: all from then on is in it. INT64_MIN: all
// there is; INT64_MAX: nothing yet.
struct CustodianPages {
  std::optional<CustodianTrace> trace;  // none: it has told nothing
  std::optional<Error> error;           // why it tells no more
  bool is_cut = false;                  // the error is that it has more to tell than TraceWish::pages_max
  std::int64_t uses_from_s = INT64_MAX;
  std::int64_t searches_from_s = INT64_MAX;
};
using TracePages = std::array<CustodianPages, protocol::kCustodians>;

// One question to one custodian, which this signs and sends.
using AskPage = std::function<Result<net::Json>(std::size_t custodian, const SubjectRequest& request)>;

// Asks all three at once, page after page, until there is what is wished. `request` names handle and network; each
// question gets an id of its own. Every proof is checked (read_trace). Never fails as a whole: each custodian has its
// error, among them damaged where its pages do not go on as pages do, and refused where there are more than are wished:
// what was told until then is kept. An abort without an entry that says whose it was is damaged where the custodian has
// told all; else it is left out, since the other entry may be further back.
TracePages fetch_trace(const AskPage& ask, const SubjectRequest& request, const NetworkKeys& keys,
                       const crypto::Key& view_key, const TraceWish& wish);

// Whether as many uses and searches are known of all as are wished.
bool is_enough(const TracePages& pages, const TraceWish& wish);

struct JoinedTrace {
  std::vector<TraceEntry> entries;     // newest first
  std::vector<std::string> missing;    // alarms: what is lacking where
  std::vector<std::string> differing;  // alarms: of which request who says what, as the entries' `differing`
};
// One list of the three, as far back as is wished and all of them reach that can still be asked. An agreed use is
// lacking where one tells of it and another, whose pages reach it, does not; unless it came to nothing by the word of
// each that tells of it (the other may have refused), or is so new that the other may only just have been asked, or the
// other was rebuilt since (was_rebuilt). What is shown is compared as in trace_differ.h.
JoinedTrace join_uses(const protocol::Network& network, const TracePages& pages, const TraceWish& wish);
JoinedTrace join_searches(const protocol::Network& network, const TracePages& pages, const TraceWish& wish);

}  // namespace qorgan::rights
