// The text form of a policy.
#include <nlohmann/json.hpp>
#include <utility>

#include "base/limits.h"
#include "net/json_fields.h"
#include "policy/fields.h"
#include "policy/policy.h"

namespace qorgan::policy {
namespace {

using net::Json;

constexpr std::string_view kTitle = "qorgan policy v1";
constexpr const char* kAnyOperator = "any";
// A C2SP key name, an id and a key of 33 bytes in Base 64.
constexpr std::size_t kVkeyBytesMax = limits::name_bytes_max + 9 + 45;

Json keys_to_json(const std::vector<ledger::VerifierKey>& keys) {
  Json list = Json::array();
  for (const auto& key : keys) list.push_back(key.text());
  return list;
}

Result<std::vector<ledger::VerifierKey>> keys_field(const Json& object, const char* name, std::size_t items_max) {
  QORGAN_TRY(const auto texts, names_field(object, name, items_max, kVkeyBytesMax));
  std::vector<ledger::VerifierKey> keys;
  for (const std::string& text : texts) {
    QORGAN_TRY(ledger::VerifierKey key, within(name, ledger::parse_verifier_key(text)));
    keys.push_back(std::move(key));
  }
  return keys;
}

Json to_json(const RelyingParty& party) {
  Json object = {{"id", party.id},
                 {"name", party.name},
                 {"kind", party_kind_name(party.kind)},
                 {"desks", party.desks},
                 {"purposes", party.purposes},
                 {"operators", party.operators ? Json(*party.operators) : Json(kAnyOperator)}};
  if (party.quotas) object["quotas"] = policy::to_json(*party.quotas);
  return object;
}

Result<std::optional<std::vector<std::string>>> operators_field(const Json& json) {
  using Operators = std::optional<std::vector<std::string>>;
  if (const auto found = json.find("operators"); found != json.end() && *found == kAnyOperator) return Operators();
  QORGAN_TRY(auto names, names_field(json, "operators", limits::operators_of_party_max, limits::name_bytes_max));
  return Operators(std::move(names));
}

Result<RelyingParty> party_from_json(const Json& json) {
  QORGAN_CHECK(check_fields(json, {"id", "name", "kind", "desks", "purposes", "operators", "quotas"}));
  RelyingParty party;
  QORGAN_TRY(party.id, id_field(json, "id"));
  QORGAN_TRY(party.name, net::text_field(json, "name", limits::name_bytes_max));
  QORGAN_TRY(const std::string kind, net::text_field(json, "kind", limits::policy_id_bytes_max));
  QORGAN_TRY(party.kind, party_kind_from_name(kind));
  QORGAN_TRY(party.desks, names_field(json, "desks", limits::desks_of_party_max, limits::name_bytes_max));
  QORGAN_TRY(party.purposes, names_field(json, "purposes", limits::purposes_max, limits::policy_id_bytes_max));
  QORGAN_TRY(party.operators, operators_field(json));
  if (json.contains("quotas")) {
    QORGAN_TRY(party.quotas, within("quotas", quotas_from_json(json.at("quotas"))));
  }
  return party;
}

Json embedded(const Purpose& purpose) {
  return {{"digest", to_hex(purpose.digest())}, {"purpose", policy::to_json(purpose)}};
}

Result<Purpose> purpose_from_embedded(const Json& json) {
  QORGAN_CHECK(check_fields(json, {"digest", "purpose"}));
  QORGAN_TRY(const crypto::Digest digest, net::hex_field<32>(json, "digest"));
  QORGAN_TRY(const Json* object, net::object_field(json, "purpose"));
  QORGAN_TRY(Purpose purpose, purpose_from_json(*object));
  if (purpose.digest() != digest)
    return failure(ErrorCode::damaged, "a purpose has not the digest that stands beside it", purpose.id);
  return purpose;
}

// A list of objects, each read by `read`.
template <class Item>
Result<std::vector<Item>> items_field(const Json& json, const char* name, std::size_t items_max,
                                      Result<Item> (*read)(const Json&)) {
  QORGAN_TRY(const Json* list, net::array_field(json, name, items_max));
  std::vector<Item> items;
  for (std::size_t i = 0; i < list->size(); ++i) {
    QORGAN_TRY(Item item, within(std::string(name) + " " + std::to_string(i), read((*list)[i])));
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace

std::string Policy::text() const {
  Json purposes = Json::array(), parties = Json::array();
  for (const Purpose& purpose : rules_.purposes) purposes.push_back(embedded(purpose));
  for (const RelyingParty& party : rules_.parties) parties.push_back(to_json(party));
  Json officers = Json::object();
  for (std::size_t i = 0; i < kCustodians; ++i) officers[std::to_string(i)] = keys_to_json(rules_.officers[i]);
  return canonical_text(kTitle, {{"version", rules_.version},
                                 {"network", to_hex(rules_.network_id)},
                                 {"valid_from", format_utc_s(rules_.valid_from_s)},
                                 {"purposes", std::move(purposes)},
                                 {"parties", std::move(parties)},
                                 {"courts", keys_to_json(rules_.courts)},
                                 {"officers", std::move(officers)}});
}

Result<Policy> parse_policy(std::string_view text) {
  if (text.size() > limits::policy_bytes_max)
    return failure(ErrorCode::invalid_input, "a policy is longer than any that is expected here");
  QORGAN_TRY(const Json json, open_canonical(text, kTitle));
  QORGAN_CHECK(check_fields(json, {"version", "network", "valid_from", "purposes", "parties", "courts", "officers"}));
  Rules rules;
  QORGAN_TRY(rules.version, net::int_field(json, "version", 1, kVersionMax));
  QORGAN_TRY(rules.network_id, net::hex_field<32>(json, "network"));
  QORGAN_TRY(rules.valid_from_s, time_field(json, "valid_from"));
  QORGAN_TRY(rules.purposes, items_field(json, "purposes", limits::purposes_max, purpose_from_embedded));
  QORGAN_TRY(rules.parties, items_field(json, "parties", limits::parties_max, party_from_json));
  QORGAN_TRY(rules.courts, keys_field(json, "courts", limits::courts_max));
  QORGAN_TRY(const Json* officers, net::object_field(json, "officers"));
  QORGAN_CHECK(within("officers", check_fields(*officers, {"0", "1", "2"})));
  for (std::size_t i = 0; i < kCustodians; ++i) {
    QORGAN_TRY(rules.officers[i],
               within("officers", keys_field(*officers, std::to_string(i).c_str(), limits::officers_of_custodian_max)));
  }
  QORGAN_TRY(Policy policy, Policy::make(std::move(rules)));
  // Large hexadecimal digits would be a second text for the same.
  if (policy.text() != text) return failure(ErrorCode::invalid_input, "a policy is not in canonical form");
  return policy;
}

}  // namespace qorgan::policy
