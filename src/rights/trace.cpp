#include "rights/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "rights/paper.h"
#include "rights/phrases.h"
#include "rights/times.h"

namespace qorgan::rights {
namespace {

using nlohmann::json;

void newest_first(std::vector<TraceEntry>& entries) {
  std::stable_sort(entries.begin(), entries.end(), is_newer);
}

const std::string& event_text(ledger::Event event, Language language) {
  // What custodians do among themselves stands after these.
  const bool about_person =
      event <= ledger::Event::opened || event == ledger::Event::notified || event == ledger::Event::absence;
  return phrase(language, about_person ? fmt::format("event-{}", ledger::event_name(event)) : "event-other");
}

std::string named(const std::string& name, const std::string& id) {
  return name.empty() || id.empty() ? name + id : fmt::format("{} ({})", name, id);
}

std::string where(const TraceEntry& entry, Language language) {
  if (entry.operator_name.empty()) return entry.desk;
  return phrase(language, "desk-and-operator", {{"desk", entry.desk}, {"operator", entry.operator_name}});
}

std::string why(const TraceEntry& entry, Language language) {
  const std::string& purpose = in(entry.purpose_words, language);
  const std::string& basis = in(entry.basis_words, language);
  const std::string words = purpose.empty() ? entry.purpose : purpose;
  return basis.empty() ? words : fmt::format("{} {}", words, basis);
}

// Of what was refused, by the error's name.
const std::string& reason_text(const std::string& reason, Language language) {
  constexpr std::array<std::string_view, 3> kTold = {"already_exists", "not_found", "busy"};
  const bool is_told = std::find(kTold.begin(), kTold.end(), reason) != kTold.end();
  return phrase(language, is_told ? "trace-refused-" + reason : "trace-refused-other");
}

std::string proof(const TraceEntry& entry, Language language) {
  if (entry.proven_by.empty()) return phrase(language, "trace-unproven");
  return phrase(language, "trace-proven-by", {{"names", fmt::format("{}", fmt::join(entry.proven_by, ", "))}});
}

// "First custodian: “police”; Second custodian: “office”", times and events in the reader's words.
std::string said_text(const TraceDifference& difference, Language language) {
  const auto words = [&](const std::string& value) -> std::string {
    if (difference.field == "event") {
      const auto event = ledger::event_from_name(value);
      return event ? event_text(*event, language) : value;
    }
    if (difference.field != "time") return value;
    const auto time_s = parse_utc(value, {});
    return time_s ? local_clock_text(*time_s, language) : value;
  };
  std::string text;
  for (const TraceDifference::Said& one : difference.said)
    text += fmt::format("{}{}: \"{}\"", text.empty() ? "" : "; ", one.name, words(one.value));
  return text;
}

void append_entry(Paper& paper, const TraceEntry& entry) {
  const Language language = paper.language;
  const auto field = [&](std::string_view label, std::string value) {
    if (!value.empty()) paper.blocks.emplace_back(Field{phrase(language, label), std::move(value)});
  };
  paper.blocks.emplace_back(
      Heading{fmt::format("{}: {}", local_clock_text(entry.time_s, language), event_text(entry.event, language))});
  field("label-who", named(entry.party_name, entry.party));
  field("label-where", where(entry, language));
  field("label-why", why(entry, language));
  field("label-request", entry.request ? to_hex(*entry.request) : std::string());
  field("label-proof", proof(entry, language));
  if (!entry.reason.empty()) paper.blocks.emplace_back(Paragraph{reason_text(entry.reason, language)});
  for (const TraceDifference& one : entry.differing)
    paper.blocks.emplace_back(Paragraph{
        phrase(language, "trace-differing",
               {{"field", phrase(language, "trace-field-" + one.field)}, {"said", said_text(one, language)}})});
  for (const Rebuilt& one : entry.rebuilt)
    paper.blocks.emplace_back(Paragraph{
        phrase(language, "trace-rebuilt", {{"name", one.name}, {"date", local_date_text(one.time_s, language)}})});
  if (entry.hidden_until_s != 0)
    paper.blocks.emplace_back(
        Paragraph{phrase(language, "trace-hidden", {{"date", local_date_text(entry.hidden_until_s, language)}})});
}

json words_json(const policy::Words& words) {
  return {{"kk", words.kk}, {"ru", words.ru}, {"en", words.en}};
}

json entry_json(const TraceEntry& entry) {
  json object = {{"time", utc_text(entry.time_s)},
                 {"event", ledger::event_name(entry.event)},
                 {"party", {{"id", entry.party}, {"name", entry.party_name}}},
                 {"purpose", {{"id", entry.purpose}, {"words", words_json(entry.purpose_words)}}},
                 {"basis", words_json(entry.basis_words)},
                 {"desk", entry.desk},
                 {"operator", entry.operator_name},
                 {"proven_by", entry.proven_by}};
  if (entry.request) object["request"] = to_hex(*entry.request);
  if (!entry.reason.empty()) object["reason"] = entry.reason;
  for (const TraceDifference& one : entry.differing) {
    json said = json::array();
    for (const TraceDifference::Said& of : one.said)
      said.push_back({{"custodian", of.custodian}, {"name", of.name}, {"value", of.value}});
    object["differing"].push_back({{"field", one.field}, {"said", std::move(said)}});
  }
  for (const Rebuilt& one : entry.rebuilt)
    object["rebuilt"].push_back({{"name", one.name}, {"time", utc_text(one.time_s)}});
  if (entry.hidden_until_s != 0) object["hidden_until"] = utc_text(entry.hidden_until_s);
  return object;
}

}  // namespace

bool is_newer(const TraceEntry& a, const TraceEntry& b) {
  return a.time_s != b.time_s ? a.time_s > b.time_s : a.request > b.request;
}

std::string trace_text(std::vector<TraceEntry> uses, std::vector<TraceEntry> searches, Language language,
                       const std::vector<std::string>& cut) {
  newest_first(uses);
  newest_first(searches);
  Paper paper;
  paper.language = language;
  paper.title = phrase(language, "trace-title");
  const auto say = [&](std::string_view name) { paper.blocks.emplace_back(Paragraph{phrase(language, name)}); };
  if (!cut.empty())
    paper.blocks.emplace_back(
        Paragraph{phrase(language, "trace-cut", {{"names", fmt::format("{}", fmt::join(cut, ", "))}})});
  if (!uses.empty() || cut.empty()) say(uses.empty() ? "trace-empty" : "trace-zone");
  for (const TraceEntry& entry : uses) append_entry(paper, entry);
  if (!searches.empty()) {
    append_heading(paper, "head-searches");
    say("trace-searches");
    for (const TraceEntry& entry : searches) append_entry(paper, entry);
  }
  append_heading(paper, "head-complain");
  say("trace-report");
  say("not-advice");
  return render_text(paper);
}

json trace_json(std::vector<TraceEntry> entries) {
  newest_first(entries);
  json uses = json::array();
  for (const TraceEntry& entry : entries) uses.push_back(entry_json(entry));
  return {{"uses", std::move(uses)}};
}

}  // namespace qorgan::rights
