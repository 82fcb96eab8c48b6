#include "policy/policy.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/limits.h"
#include "policy/fields.h"

namespace qorgan::policy {
namespace {

tl::unexpected<Error> wrong(std::string what, std::string where) {
  return failure(ErrorCode::invalid_input, std::move(what), std::move(where));
}

Status check_keys(const Rules& rules) {
  std::set<crypto::SignPublicKey> keys;
  std::set<std::string> names;
  const auto add = [&](const ledger::VerifierKey& key) -> Status {
    if (key.type != ledger::KeyType::ed25519)
      return wrong("a court's or an officer's key is not of type 01 (Ed25519)", key.name);
    // One person with two keys, or one key in two offices, would count twice.
    if (!keys.insert(key.key).second) return wrong("a key stands twice among courts and officers", key.name);
    if (!names.insert(key.name).second) return wrong("a key's name stands twice among courts and officers", key.name);
    return {};
  };
  if (rules.courts.size() > limits::courts_max) return wrong("too many courts", "courts");
  for (const auto& key : rules.courts) QORGAN_CHECK(add(key));
  for (const auto& officers : rules.officers) {
    if (officers.size() > limits::officers_of_custodian_max) return wrong("too many officers", "officers");
    for (const auto& key : officers) QORGAN_CHECK(add(key));
  }
  return {};
}

Status check_registrations(const RelyingParty& party, const std::vector<Purpose>& purposes) {
  if (party.kind == PartyKind::subject) return wrong("a subject is no relying party", party.id);
  for (const std::string& id : party.purposes) {
    const auto purpose = std::find_if(purposes.begin(), purposes.end(), [&](const Purpose& p) { return p.id == id; });
    if (purpose == purposes.end()) return wrong("a relying party is registered for an unknown purpose", id);
    if (!purpose->open_to(party.kind))
      return wrong("a relying party is registered for a purpose that is not for its kind", party.id + ", " + id);
  }
  return {};
}

Status check_parties(const Rules& rules) {
  if (rules.parties.size() > limits::parties_max) return wrong("too many relying parties", "parties");
  std::set<std::string_view> ids, desks;
  for (const RelyingParty& party : rules.parties) {
    if (!is_id(party.id)) return wrong("a name is not made of a-z, 0-9 and single hyphens, or too long", party.id);
    if (!ids.insert(party.id).second) return wrong("a relying party stands twice", party.id);
    if (party.name.empty() || party.name.size() > limits::name_bytes_max)
      return wrong("a relying party's name is empty or too long", party.id);
    if (party.desks.size() > limits::desks_of_party_max) return wrong("too many desks", party.id);
    for (const std::string& desk : party.desks)
      if (!desks.insert(desk).second) return wrong("a desk stands twice", desk);
    QORGAN_CHECK(check_registrations(party, rules.purposes));
  }
  return {};
}

Status check_purposes(const Rules& rules) {
  if (rules.purposes.size() > limits::purposes_max) return wrong("too many purposes", "purposes");
  std::set<std::string_view> ids;
  for (const Purpose& purpose : rules.purposes)
    if (!ids.insert(purpose.id).second) return wrong("a purpose stands twice", purpose.id);
  return {};
}

}  // namespace

Policy::Policy(Rules rules) : rules_(std::move(rules)) {
  for (std::size_t i = 0; i < rules_.purposes.size(); ++i) purpose_index_.emplace(rules_.purposes[i].id, i);
  for (std::size_t i = 0; i < rules_.parties.size(); ++i)
    for (const std::string& desk : rules_.parties[i].desks) desk_index_.emplace(desk, i);
  digest_ = crypto::sha256(as_bytes(text()));
}

Result<Policy> Policy::make(Rules rules) {
  QORGAN_CHECK(check_purposes(rules));
  QORGAN_CHECK(check_parties(rules));
  QORGAN_CHECK(check_keys(rules));
  return Policy(std::move(rules));
}

const Purpose* Policy::purpose(std::string_view id) const {
  const auto found = purpose_index_.find(id);
  return found == purpose_index_.end() ? nullptr : &rules_.purposes[found->second];
}

const RelyingParty* Policy::party_of_desk(std::string_view desk) const {
  const auto found = desk_index_.find(desk);
  return found == desk_index_.end() ? nullptr : &rules_.parties[found->second];
}

const Quotas& Policy::quotas(const Purpose& purpose, const RelyingParty* party) {
  return party != nullptr && party->quotas ? *party->quotas : purpose.quotas;
}

Result<Policy> load_policy(std::string_view note_text, const ledger::VerifierKey& custodian) {
  QORGAN_TRY(const ledger::Note note, ledger::parse_note(note_text));
  QORGAN_CHECK(ledger::verify_note(note, std::span(&custodian, 1)));
  return parse_policy(note.text);
}

}  // namespace qorgan::policy
