#include "rights/trace_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <thread>

#include "protocol/request.h"

namespace qorgan::rights {
namespace {

using net::Json;

tl::unexpected<Error> wrong_page(std::size_t custodian, const char* what) {
  return failure(ErrorCode::damaged, what, "custodian " + std::to_string(custodian));
}

// Of one list: what is new, where it went on and goes on.
struct Turned {
  std::optional<std::int64_t> asked;
  std::optional<std::int64_t> next;
  bool is_wanted() const { return asked != 0; }
};

Status check_turn(std::size_t custodian, const Turned& turned, bool is_empty) {
  if (!turned.is_wanted() && !is_empty) return wrong_page(custodian, "a page holds what was not asked for");
  if (!turned.is_wanted() && turned.next) return wrong_page(custodian, "a page goes on with what was not asked for");
  if (turned.next && turned.asked && *turned.next >= *turned.asked)
    return wrong_page(custodian, "a page does not go on from the one before");
  return {};
}

void append(std::vector<TracedUse>& all, std::vector<TracedUse>& more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// By the oldest entry; one that is further back in the list may have a time that is a little later.
std::int64_t reach(const std::vector<TracedUse>& list, const std::optional<std::int64_t>& next) {
  if (!next) return INT64_MIN;
  return list.empty() ? INT64_MAX : list.back().leaf.time_s + limits::trace_apart_s;
}

// Aborts of which no entry with a tag says whose they were. Whether there were any.
bool drop_stray_aborts(std::vector<TracedUse>& uses) {
  std::set<ledger::RequestId> own;
  for (const TracedUse& use : uses)
    if (use.leaf.tag) own.insert(*use.leaf.request);
  return std::erase_if(uses, [&](const TracedUse& use) { return !use.leaf.tag && !own.contains(*use.leaf.request); }) !=
         0;
}

class CustodianReader {
 public:
  CustodianReader(std::size_t custodian, const AskPage& ask, SubjectRequest request, const NetworkKeys& keys,
                  const crypto::Key& view_key, int pages_max)
      : custodian_(custodian),
        ask_(ask),
        request_(std::move(request)),
        keys_(keys),
        view_key_(view_key),
        pages_max_(pages_max) {}

  bool is_done() const {
    return pages_.error || (pages_.trace && !pages_.trace->uses_before && !pages_.trace->searches_before);
  }
  void turn() {
    if (const Status turned = read_page(); !turned) pages_.error = turned.error();
  }
  const CustodianPages& pages() const { return pages_; }

 private:
  Status read_page() {
    if (++count_ > pages_max_) {
      pages_.is_cut = true;
      return failure(
          ErrorCode::refused,
          fmt::format("it has more to tell than {} pages, after which this stops: what is shown is not all",
                      pages_max_),
          "custodian " + std::to_string(custodian_),
          "Raise the limit with --pages, ask for more a page with --page, or for less with --since or --max");
    }
    const bool were_uses_wanted = !pages_.trace || pages_.trace->uses_before;
    if (pages_.trace) {
      request_.uses_before = pages_.trace->uses_before.value_or(0);
      request_.searches_before = pages_.trace->searches_before.value_or(0);
    }
    request_.id = protocol::make_request_id(unix_time_ms());
    QORGAN_TRY(const Json answer, ask_(custodian_, request_));
    QORGAN_TRY(CustodianTrace page, read_trace(answer, keys_, static_cast<int>(custodian_), view_key_));
    QORGAN_CHECK(check_turn(custodian_, {request_.uses_before, page.uses_before}, page.uses.empty()));
    QORGAN_CHECK(check_turn(custodian_, {request_.searches_before, page.searches_before}, page.searches.empty()));
    if (!pages_.trace) {
      pages_.trace = std::move(page);
    } else {
      append(pages_.trace->uses, page.uses);
      append(pages_.trace->searches, page.searches);
      pages_.trace->uses_before = page.uses_before;
      pages_.trace->searches_before = page.searches_before;
      pages_.trace->party_names.merge(page.party_names);
      pages_.trace->purposes.merge(page.purposes);
    }
    if (were_uses_wanted && !pages_.trace->uses_before && !request_.since_s && drop_stray_aborts(pages_.trace->uses))
      return wrong_page(custodian_, "an abort that does not say that it is about this person");
    pages_.uses_from_s = reach(pages_.trace->uses, pages_.trace->uses_before);
    pages_.searches_from_s = reach(pages_.trace->searches, pages_.trace->searches_before);
    return {};
  }

  const std::size_t custodian_;
  const AskPage& ask_;
  SubjectRequest request_;
  const NetworkKeys& keys_;
  const crypto::Key& view_key_;
  const int pages_max_;
  CustodianPages pages_;
  int count_ = 0;
};

TracePages pages_of(const std::vector<CustodianReader>& readers) {
  TracePages pages;
  for (std::size_t i = 0; i < pages.size(); ++i) pages[i] = readers[i].pages();
  return pages;
}

}  // namespace

TracePages fetch_trace(const AskPage& ask, const SubjectRequest& request, const NetworkKeys& keys,
                       const crypto::Key& view_key, const TraceWish& wish) {
  SubjectRequest asked = request;
  asked.right = Right::trace;
  // From a little before, so that a use is in all three or in none.
  if (wish.since_s) asked.since_s = std::max<std::int64_t>(0, *wish.since_s - limits::trace_apart_s);
  asked.entries_max = wish.page_entries;
  std::vector<CustodianReader> readers;
  for (std::size_t i = 0; i < protocol::kCustodians; ++i)
    readers.emplace_back(i, ask, asked, keys, view_key, wish.pages_max);
  while (!std::all_of(readers.begin(), readers.end(), [](const CustodianReader& one) { return one.is_done(); })) {
    {
      std::vector<std::jthread> threads;
      for (CustodianReader& reader : readers)
        if (!reader.is_done()) threads.emplace_back([&reader] { reader.turn(); });
    }
    if (!wish.uses_max) continue;
    if (is_enough(pages_of(readers), wish)) break;
  }
  TracePages pages = pages_of(readers);
  for (CustodianPages& one : pages)
    if (one.trace) drop_stray_aborts(one.trace->uses);
  return pages;
}

}  // namespace qorgan::rights
