#include "policy/warrant.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/limits.h"
#include "net/json_fields.h"
#include "policy/fields.h"

namespace qorgan::policy {
namespace {

using net::Json;

constexpr std::string_view kTitle = "qorgan warrant v1";

Result<std::string> name_field(const Json& json, const char* name) {
  QORGAN_TRY(std::string text, net::text_field(json, name, limits::name_bytes_max));
  if (text.empty()) return failure(ErrorCode::invalid_input, "a field is empty", name);
  return text;
}

Result<std::vector<int>> fingers_field(const Json& json) {
  QORGAN_TRY(const Json* list, net::array_field(json, "fingers", limits::fingers_per_person_max));
  std::vector<int> fingers;
  for (const Json& finger : *list) {
    if (!finger.is_number_integer() || finger < 1 || finger > limits::fingers_per_person_max)
      return failure(ErrorCode::invalid_input, "a finger is not a number from 1 to 10", "fingers");
    fingers.push_back(finger.get<int>());
  }
  if (!std::is_sorted(fingers.begin(), fingers.end(), std::less_equal<>()))
    return failure(ErrorCode::invalid_input, "the fingers do not rise, or one is named twice", "fingers");
  return fingers;
}

Result<Scope> scope_from_json(const Json& json) {
  QORGAN_CHECK(check_fields(json, {"desks", "operators", "fingers"}));
  Scope scope;
  QORGAN_TRY(scope.desks, names_field(json, "desks", limits::warrant_scope_max, limits::name_bytes_max));
  QORGAN_TRY(scope.operators, names_field(json, "operators", limits::warrant_scope_max, limits::name_bytes_max));
  QORGAN_TRY(scope.fingers, fingers_field(json));
  return scope;
}

Result<Warrant> warrant_from_json(const Json& json) {
  QORGAN_CHECK(check_fields(json, {"id", "network", "case", "court", "party", "purpose", "scope", "searches_max",
                                   "candidates_max", "not_before", "not_after", "hidden_until"}));
  Warrant warrant;
  QORGAN_TRY(warrant.id, net::hex_field<16>(json, "id"));
  QORGAN_TRY(warrant.network_id, net::hex_field<32>(json, "network"));
  QORGAN_TRY(warrant.case_name, name_field(json, "case"));
  QORGAN_TRY(warrant.court, name_field(json, "court"));
  QORGAN_TRY(warrant.party, id_field(json, "party"));
  QORGAN_TRY(warrant.purpose, id_field(json, "purpose"));
  QORGAN_TRY(const Json* scope, net::object_field(json, "scope"));
  QORGAN_TRY(warrant.scope, within("scope", scope_from_json(*scope)));
  QORGAN_TRY(const auto searches, net::int_field(json, "searches_max", 1, limits::warrant_searches_max));
  QORGAN_TRY(const auto candidates, net::int_field(json, "candidates_max", 1, limits::candidates_max));
  warrant.searches_max = static_cast<int>(searches);
  warrant.candidates_max = static_cast<int>(candidates);
  QORGAN_TRY(warrant.not_before_s, time_field(json, "not_before"));
  QORGAN_TRY(warrant.not_after_s, time_field(json, "not_after"));
  if (json.contains("hidden_until")) {
    QORGAN_TRY(warrant.hidden_until_s, time_field(json, "hidden_until"));
  }
  return warrant;
}

Status check_times(const Warrant& warrant, bool hidden) {
  if (warrant.not_after_s < warrant.not_before_s)
    return failure(ErrorCode::invalid_input, "a warrant ends before it begins", "not_after");
  if (warrant.not_after_s - warrant.not_before_s > limits::warrant_duration_s_max)
    return failure(ErrorCode::invalid_input, "a warrant lasts longer than a year", "not_after");
  if (!hidden) return {};
  if (warrant.hidden_until_s < warrant.not_after_s)
    return failure(ErrorCode::invalid_input, "a warrant's uses open before it ends", "hidden_until");
  if (warrant.hidden_until_s - warrant.not_after_s > limits::warrant_hidden_after_s_max)
    return failure(ErrorCode::invalid_input, "a warrant hides its uses for more than two years after its end",
                   "hidden_until");
  return {};
}

}  // namespace

std::string Warrant::text() const {
  Json json = {{"id", to_hex(id)},
               {"network", to_hex(network_id)},
               {"case", case_name},
               {"court", court},
               {"party", party},
               {"purpose", purpose},
               {"scope", {{"desks", scope.desks}, {"operators", scope.operators}, {"fingers", scope.fingers}}},
               {"searches_max", searches_max},
               {"candidates_max", candidates_max},
               {"not_before", format_utc_s(not_before_s)},
               {"not_after", format_utc_s(not_after_s)}};
  if (hidden_until_s != 0) json["hidden_until"] = format_utc_s(hidden_until_s);
  return canonical_text(kTitle, json);
}

Result<Warrant> parse_warrant(std::string_view text) {
  if (text.size() > limits::warrant_bytes_max)
    return failure(ErrorCode::invalid_input, "a warrant is longer than any that is expected here");
  QORGAN_TRY(const Json json, open_canonical(text, kTitle));
  QORGAN_TRY(Warrant warrant, warrant_from_json(json));
  QORGAN_CHECK(check_times(warrant, json.contains("hidden_until")));
  // Large hexadecimal digits would be a second text for the same.
  if (warrant.text() != text) return failure(ErrorCode::invalid_input, "a warrant is not in canonical form");
  return warrant;
}

Result<Warrant> peek_warrant(std::string_view note_text) {
  if (note_text.size() > limits::warrant_bytes_max)
    return failure(ErrorCode::invalid_input, "a warrant is longer than any that is expected here");
  QORGAN_TRY(const ledger::Note note, ledger::parse_note(note_text));
  return parse_warrant(note.text);
}

}  // namespace qorgan::policy
