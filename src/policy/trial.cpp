#include "policy/trial.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"

namespace qorgan::policy {
namespace {

// "Trial office" -> "trial-office"; empty where the name has no Latin letter to begin with.
std::string id_from_name(const std::string& name) {
  std::string id;
  for (const char c : name) {
    const bool capital = c >= 'A' && c <= 'Z', small = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';
    if (capital) id += static_cast<char>(c - 'A' + 'a');
    if (small || (digit && !id.empty())) id += c;
    if (!capital && !small && !digit && !id.empty() && id.back() != '-') id += '-';
  }
  id = id.substr(0, limits::policy_id_bytes_max);
  while (!id.empty() && id.back() == '-') id.pop_back();
  return id;
}

RelyingParty make_party(const TrialDesk& desk, const std::vector<RelyingParty>& others,
                        const std::vector<Purpose>& purposes) {
  RelyingParty party;
  party.id = id_from_name(desk.party);
  const bool taken =
      std::any_of(others.begin(), others.end(), [&](const RelyingParty& other) { return other.id == party.id; });
  if (!is_id(party.id) || taken) party.id = "party-" + std::to_string(others.size() + 1);
  party.name = desk.party;
  party.kind = desk.kind;
  // Trials and tests are quick, and disturb nobody.
  if (party.kind == PartyKind::trial) party.quotas = Quotas{6000, 1'000'000, 6000, 1'000'000};
  for (const Purpose& purpose : purposes)
    if (purpose.open_to(party.kind)) party.purposes.push_back(purpose.id);
  return party;
}

}  // namespace

Result<Policy> make_trial_policy(const TrialPlan& plan) {
  Rules rules;
  rules.network_id = plan.network_id;
  rules.valid_from_s = plan.valid_from_s;
  rules.purposes = plan.purposes;
  rules.courts = plan.courts;
  rules.officers = plan.officers;
  for (const TrialDesk& desk : plan.desks) {
    auto party = std::find_if(rules.parties.begin(), rules.parties.end(),
                              [&](const RelyingParty& known) { return known.name == desk.party; });
    if (party == rules.parties.end())
      party = rules.parties.insert(party, make_party(desk, rules.parties, plan.purposes));
    if (party->kind != desk.kind)
      return failure(ErrorCode::invalid_input, "desks of one relying party are of different kinds", desk.desk);
    party->desks.push_back(desk.desk);
  }
  return Policy::make(std::move(rules));
}

Result<std::string> sign_policy(const Policy& policy, const std::string& name, crypto::Signer& signer) {
  ledger::Note note;
  note.text = policy.text();
  // What is signed can be read again: not too long, every name in plain UTF-8.
  QORGAN_TRY(const Policy again, parse_policy(note.text));
  if (again.rules() != policy.rules()) return failure(ErrorCode::invalid_input, "a name in the policy is not UTF-8");
  QORGAN_TRY(ledger::NoteSignature signature, ledger::sign_note(note.text, name, signer));
  note.signatures.push_back(std::move(signature));
  return note.format();
}

}  // namespace qorgan::policy
