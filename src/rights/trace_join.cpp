#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "rights/trace_differ.h"
#include "rights/trace_pages.h"

namespace qorgan::rights {
namespace {

using Teller = std::array<bool, protocol::kCustodians>;

struct Told {
  TraceEntry entry;
  Teller by{};
  std::array<std::int64_t, protocol::kCustodians> times_s{};   // of those that tell of it
  std::array<std::uint64_t, protocol::kCustodians> indices{};  // the last in each's log
  std::vector<Telling> tellings;
};
using AllTold = std::map<std::pair<ledger::RequestId, ledger::Event>, Told>;

struct List {
  std::vector<TracedUse> CustodianTrace::*told;
  std::int64_t CustodianPages::*from_s;
};
constexpr List kUses{&CustodianTrace::uses, &CustodianPages::uses_from_s};
constexpr List kSearches{&CustodianTrace::searches, &CustodianPages::searches_from_s};

void fill(std::string& to, const std::string& from) {
  if (!from.empty()) to = from;
}

void add(const TracedUse& use, const CustodianTrace& from, std::size_t custodian, AllTold& all) {
  if (!use.leaf.request) return;
  Told& told = all[{*use.leaf.request, use.leaf.event}];
  TraceEntry& entry = told.entry;
  if (!told.by[custodian]) told.times_s[custodian] = use.leaf.time_s;
  told.by[custodian] = true;
  told.indices[custodian] = std::max(told.indices[custodian], use.index);
  told.tellings.push_back({custodian, &use});
  entry.event = use.leaf.event;
  entry.request = use.leaf.request;
  entry.hidden_until_s = std::max(entry.hidden_until_s, use.leaf.hidden_until_s);
  if (use.leaf.event == ledger::Event::refused) entry.reason = use.leaf.reason;
  // One that has lost its own tells less.
  fill(entry.party, use.leaf.party);
  fill(entry.purpose, use.leaf.purpose);
  fill(entry.desk, use.details.desk);
  fill(entry.operator_name, use.details.operator_name);
  const auto party = from.party_names.find(use.leaf.party);
  if (party != from.party_names.end()) entry.party_name = party->second;
  const auto purpose = from.purposes.find(use.leaf.purpose);
  if (purpose == from.purposes.end()) return;
  entry.purpose_words = purpose->second.what;
  entry.basis_words = purpose->second.basis;
}

// The middle one, of two the later: no single custodian moves a use to a time at which it is not looked for.
std::int64_t middle_time_s(const Told& told) {
  std::vector<std::int64_t> times_s;
  for (std::size_t i = 0; i < told.by.size(); ++i)
    if (told.by[i]) times_s.push_back(told.times_s[i]);
  std::sort(times_s.begin(), times_s.end());
  return times_s[times_s.size() / 2];
}

AllTold gather(const TracePages& pages, const List& list) {
  AllTold all;
  for (std::size_t i = 0; i < pages.size(); ++i)
    if (pages[i].trace)
      for (const TracedUse& use : (*pages[i].trace).*list.told) add(use, *pages[i].trace, i, all);
  for (auto& [key, told] : all) told.entry.time_s = middle_time_s(told);
  return all;
}

// When the custodian `lacking` was rebuilt after what the others tell. It must say so in its own log, and each that
// tells must have helped it, by an entry that stands behind what it tells in its own log: so that neither a mark that
// was made up, nor a wrong time, excuses anything.
std::optional<std::int64_t> rebuilt_s(const TracePages& pages, std::size_t lacking, const Told& told) {
  if (!pages[lacking].trace) return std::nullopt;
  for (const LoggedRecovery& own : pages[lacking].trace->recoveries) {
    if (own.custodian != static_cast<int>(lacking)) continue;
    std::optional<std::int64_t> time_s;
    bool is_confirmed = true;
    for (std::size_t i = 0; i < told.by.size() && is_confirmed; ++i) {
      if (!told.by[i]) continue;
      const auto& logged = pages[i].trace->recoveries;
      const auto helped = std::find_if(logged.begin(), logged.end(), [&](const LoggedRecovery& one) {
        return one.custodian == own.custodian && one.index > told.indices[i] &&
               own.time_s >= one.time_s - limits::trace_apart_s &&
               own.time_s <= one.time_s + limits::trace_recovery_s + limits::trace_apart_s;
      });
      is_confirmed = helped != logged.end();
      if (is_confirmed && !time_s) time_s = helped->time_s;
    }
    if (is_confirmed && time_s) return time_s;
  }
  return std::nullopt;
}

// By the word of everyone who tells of it, but for one that has lost its own since.
bool came_to_nothing(const TracePages& pages, const AllTold& all, const ledger::RequestId& request, const Told& told) {
  const auto aborted = all.find({request, ledger::Event::aborted});
  if (aborted == all.end()) return false;
  for (std::size_t i = 0; i < told.by.size(); ++i)
    if (told.by[i] && !aborted->second.by[i] && !rebuilt_s(pages, i, aborted->second)) return false;
  return true;
}

bool is_use(const TracePages& pages, const AllTold& all, const AllTold::value_type& one) {
  return ledger::is_agreed(one.first.second) && !came_to_nothing(pages, all, one.first.first, one.second);
}

// Of all that is told of the request, whatever the event.
void add_differences(const protocol::Network& network, const TracePages& pages, const AllTold& all, TraceEntry& entry,
                     std::vector<std::string>& alarms) {
  const ledger::RequestId request = *entry.request;
  std::vector<Telling> tellings;
  bool is_timed = false;
  for (auto one = all.lower_bound({request, ledger::Event::enrol}); one != all.end() && one->first.first == request;
       ++one) {
    tellings.insert(tellings.end(), one->second.tellings.begin(), one->second.tellings.end());
    is_timed = is_timed || is_use(pages, all, *one);
  }
  entry.differing = differences(network, tellings, is_timed);
  for (const TraceDifference& one : entry.differing) {
    std::string said;
    for (const TraceDifference::Said& of : one.said)
      said += fmt::format("{}{} says \"{}\"", said.empty() ? "" : ", ", network.describe(of.custodian), of.value);
    alarms.push_back(
        fmt::format("the custodians differ in the {} of request {}: {}", one.field, to_hex(request), said));
  }
}

bool is_near(std::int64_t time_s, std::int64_t other_s) {
  return time_s >= other_s - limits::trace_apart_s && time_s <= other_s + limits::trace_apart_s;
}

// When the person was enrolled, by the first that says so; searches of that moment were made before at one custodian
// and after at another.
std::optional<std::int64_t> enrolled_s(const TracePages& pages) {
  std::optional<std::int64_t> time_s;
  for (const CustodianPages& one : pages) {
    if (!one.trace) continue;
    for (const TracedUse& use : one.trace->uses)
      if (use.leaf.event == ledger::Event::enrol) time_s = std::min(time_s.value_or(INT64_MAX), use.leaf.time_s);
  }
  return time_s;
}

// Everything that is younger is known of all who can still be asked.
std::int64_t reach_of(const TracePages& pages, const List& list) {
  std::int64_t from_s = INT64_MIN;
  for (const CustodianPages& one : pages)
    if (!one.error) from_s = std::max(from_s, one.*list.from_s);
  return from_s;
}

JoinedTrace join(const protocol::Network& network, const TracePages& pages, const TraceWish& wish, const List& list) {
  AllTold all = gather(pages, list);
  const std::int64_t from_s = wish.uses_max ? reach_of(pages, list) : INT64_MIN;
  const std::int64_t since_s = wish.since_s.value_or(INT64_MIN);
  std::vector<const AllTold::value_type*> shown;
  for (const auto& one : all)
    if (one.second.entry.time_s > from_s && one.second.entry.time_s >= since_s) shown.push_back(&one);
  std::sort(shown.begin(), shown.end(),
            [](const auto* a, const auto* b) { return is_newer(a->second.entry, b->second.entry); });
  if (wish.uses_max) {
    std::size_t uses = 0;
    const auto end = std::find_if(shown.begin(), shown.end(),
                                  [&](const auto* one) { return is_use(pages, all, *one) && ++uses > *wish.uses_max; });
    shown.erase(end, shown.end());
  }
  const std::optional<std::int64_t> enrolment_s = list.told == kSearches.told ? enrolled_s(pages) : std::nullopt;
  JoinedTrace joined;
  std::set<ledger::RequestId> compared;
  for (const AllTold::value_type* one : shown) {
    const auto& [request, event] = one->first;
    const Told& told = one->second;
    TraceEntry entry = told.entry;
    const bool is_excused = is_near(entry.time_s, wish.now_s) || is_near(entry.hidden_until_s, wish.now_s) ||
                            (enrolment_s && is_near(entry.time_s, *enrolment_s));
    for (std::size_t i = 0; i < pages.size(); ++i) {
      if (told.by[i]) {
        entry.proven_by.push_back(network.custodians[i].name);
      } else if (pages[i].trace && is_use(pages, all, *one) && entry.time_s > pages[i].*list.from_s) {
        if (const auto time_s = rebuilt_s(pages, i, told)) {
          entry.rebuilt.push_back({network.custodians[i].name, *time_s});
          continue;
        }
        if (is_excused) continue;
        joined.missing.push_back(fmt::format("{} does not tell of request {} ({})",
                                             network.describe(static_cast<int>(i)), to_hex(request),
                                             ledger::event_name(event)));
      }
    }
    if (compared.insert(request).second) add_differences(network, pages, all, entry, joined.differing);
    joined.entries.push_back(std::move(entry));
  }
  return joined;
}

// How many uses are known for good.
std::size_t known(const TracePages& pages, const TraceWish& wish, const List& list) {
  const AllTold all = gather(pages, list);
  const std::int64_t from_s = reach_of(pages, list);
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const AllTold::value_type& one) {
    return one.second.entry.time_s > from_s && one.second.entry.time_s >= wish.since_s.value_or(INT64_MIN) &&
           is_use(pages, all, one);
  }));
}

bool is_all_known(const TracePages& pages, const TraceWish& wish, const List& list) {
  return reach_of(pages, list) == INT64_MIN || known(pages, wish, list) >= *wish.uses_max;
}

}  // namespace

bool is_enough(const TracePages& pages, const TraceWish& wish) {
  return is_all_known(pages, wish, kUses) && is_all_known(pages, wish, kSearches);
}

JoinedTrace join_uses(const protocol::Network& network, const TracePages& pages, const TraceWish& wish) {
  return join(network, pages, wish, kUses);
}

JoinedTrace join_searches(const protocol::Network& network, const TracePages& pages, const TraceWish& wish) {
  return join(network, pages, wish, kSearches);
}

}  // namespace qorgan::rights
