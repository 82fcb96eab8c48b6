#include "cli/trace_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "rights/trace.h"

namespace qorgan::cli {
Result<int> report_trace(const Context& context, const protocol::Network& network, const rights::TracePages& pages,
                         const rights::TraceWish& wish, rights::Language language) {
  const rights::CustodianTrace* first = nullptr;
  int exit_code = 0;
  nlohmann::json unreached = nlohmann::json::array();
  nlohmann::json cut = nlohmann::json::array();
  std::vector<std::string> cut_names;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    if (pages[i].trace && !first) first = &*pages[i].trace;
    if (!pages[i].error) continue;
    if (exit_code == 0) exit_code = exit_code_of(pages[i].error->code);
    if (pages[i].is_cut) {
      cut.push_back(i);
      cut_names.push_back(network.custodians[i].name);
    }
    unreached.push_back({{"custodian", i}, {"error", pages[i].error->message()}});
  }
  const bool all_alike = !first && std::all_of(pages.begin(), pages.end(), [&](const auto& one) {
    return one.error->code == pages[0].error->code;
  });
  for (std::size_t i = 0; i < pages.size() && !all_alike; ++i)
    if (pages[i].error)
      fmt::print(stderr, "{}: {}\n", network.describe(static_cast<int>(i)), pages[i].error->message());
  if (!first) return tl::unexpected(*pages[0].error);
  const rights::JoinedTrace uses = rights::join_uses(network, pages, wish);
  const rights::JoinedTrace searches = rights::join_searches(network, pages, wish);
  std::vector<std::string> missing = uses.missing;
  missing.insert(missing.end(), searches.missing.begin(), searches.missing.end());
  std::vector<std::string> differing = uses.differing;
  differing.insert(differing.end(), searches.differing.begin(), searches.differing.end());
  for (const std::string& one : missing) fmt::print(stderr, "{}\n", one);
  for (const std::string& one : differing) fmt::print(stderr, "{}\n", one);
  if (!(missing.empty() && differing.empty()) && exit_code == 0) exit_code = exit_code_of(ErrorCode::damaged);
  if (context.json) {
    nlohmann::json object = rights::trace_json(uses.entries);
    object["searches"] = rights::trace_json(searches.entries)["uses"];
    object["locked"] = first->locked;
    object["withdrawn"] = first->withdrawn;
    object["fingers"] = first->fingers;
    object["missing"] = missing;
    object["differing"] = differing;
    object["unreached"] = unreached;
    object["cut"] = cut;
    print_json(object);
    return exit_code;
  }
  fmt::print("{}", rights::trace_text(uses.entries, searches.entries, language, cut_names));
  return exit_code;
}

}  // namespace qorgan::cli
