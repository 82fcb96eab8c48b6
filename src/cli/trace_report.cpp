#include "cli/trace_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "rights/trace.h"

namespace qorgan::cli {
namespace {

using rights::CustodianTrace;
using rights::TracedUse;
using rights::TraceEntry;
using Traces = std::array<Result<CustodianTrace>, protocol::kCustodians>;

struct Told {
  TraceEntry entry;
  std::array<bool, protocol::kCustodians> by{};
};
using AllTold = std::map<std::pair<ledger::RequestId, ledger::Event>, Told>;

void add(const TracedUse& use, const CustodianTrace& from, std::size_t custodian, AllTold& all) {
  if (!use.leaf.request) return;
  Told& told = all[{*use.leaf.request, use.leaf.event}];
  TraceEntry& entry = told.entry;
  told.by[custodian] = true;
  entry.time_s = entry.time_s == 0 ? use.leaf.time_s : std::min(entry.time_s, use.leaf.time_s);
  entry.event = use.leaf.event;
  entry.request = use.leaf.request;
  entry.party = use.leaf.party;
  entry.purpose = use.leaf.purpose;
  if (use.leaf.event == ledger::Event::refused) entry.reason = use.leaf.reason;
  entry.desk = use.details.desk;
  entry.operator_name = use.details.operator_name;
  const auto party = from.party_names.find(use.leaf.party);
  if (party != from.party_names.end()) entry.party_name = party->second;
  const auto purpose = from.purposes.find(use.leaf.purpose);
  if (purpose == from.purposes.end()) return;
  entry.purpose_words = purpose->second.what;
  entry.basis_words = purpose->second.basis;
}

AllTold gather(const Traces& traces, std::vector<TracedUse> CustodianTrace::*list) {
  AllTold all;
  for (std::size_t i = 0; i < traces.size(); ++i)
    if (traces[i])
      for (const TracedUse& use : (*traces[i]).*list) add(use, *traces[i], i, all);
  return all;
}

struct Shown {
  std::vector<TraceEntry> entries;
  std::vector<std::string> missing;  // what is lacking where
};

Shown show(const protocol::Network& network, const Traces& traces, AllTold all) {
  Shown shown;
  for (auto& [key, told] : all) {
    for (std::size_t i = 0; i < traces.size(); ++i) {
      if (told.by[i]) {
        told.entry.proven_by.push_back(network.custodians[i].name);
      } else if (traces[i] && ledger::is_agreed(key.second)) {
        shown.missing.push_back(fmt::format("{} does not tell of request {} ({})",
                                            network.describe(static_cast<int>(i)), to_hex(key.first),
                                            ledger::event_name(key.second)));
      }
    }
    shown.entries.push_back(std::move(told.entry));
  }
  return shown;
}

}  // namespace

Result<int> report_trace(const Context& context, const protocol::Network& network, const Traces& traces,
                         rights::Language language) {
  const CustodianTrace* first = nullptr;
  int exit_code = 0;
  nlohmann::json unreached = nlohmann::json::array();
  for (std::size_t i = 0; i < traces.size(); ++i) {
    if (traces[i]) {
      if (!first) first = &*traces[i];
      continue;
    }
    if (exit_code == 0) exit_code = exit_code_of(traces[i].error().code);
    unreached.push_back({{"custodian", i}, {"error", traces[i].error().message()}});
  }
  const bool all_alike = !first && std::all_of(traces.begin(), traces.end(), [&](const auto& trace) {
    return trace.error().code == traces[0].error().code;
  });
  for (std::size_t i = 0; i < traces.size() && !all_alike; ++i)
    if (!traces[i]) fmt::print(stderr, "{}: {}\n", network.describe(static_cast<int>(i)), traces[i].error().message());
  if (!first) return tl::unexpected(traces[0].error());
  const Shown uses = show(network, traces, gather(traces, &CustodianTrace::uses));
  const Shown searches = show(network, traces, gather(traces, &CustodianTrace::searches));
  for (const std::string& missing : uses.missing) fmt::print(stderr, "{}\n", missing);
  if (!uses.missing.empty() && exit_code == 0) exit_code = exit_code_of(ErrorCode::damaged);
  if (context.json) {
    nlohmann::json object = rights::trace_json(uses.entries);
    object["searches"] = rights::trace_json(searches.entries)["uses"];
    object["locked"] = first->locked;
    object["withdrawn"] = first->withdrawn;
    object["fingers"] = first->fingers;
    object["missing"] = uses.missing;
    object["unreached"] = unreached;
    print_json(object);
    return exit_code;
  }
  fmt::print("{}", rights::trace_text(uses.entries, searches.entries, language));
  return exit_code;
}

}  // namespace qorgan::cli
