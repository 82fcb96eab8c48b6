// The rules that a warrant is judged by.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "policy/checks.h"
#include "policy/fields.h"
#include "policy/warrant.h"

namespace qorgan::policy {
namespace {

Error refused(std::string what, std::string where = {}, std::string remedy = {}) {
  return {ErrorCode::refused, std::move(what), std::move(where), std::move(remedy)};
}

// Whether a list that narrows leaves a value in.
template <class Value>
bool covers(const std::vector<Value>& narrowing, const Value& value) {
  return narrowing.empty() || std::find(narrowing.begin(), narrowing.end(), value) != narrowing.end();
}

std::vector<ledger::VerifierKey> keys_of(const Rules& rules) {
  std::vector<ledger::VerifierKey> keys = rules.courts;
  for (const auto& officers : rules.officers) keys.insert(keys.end(), officers.begin(), officers.end());
  return keys;
}

bool is_among(const std::vector<ledger::VerifierKey>& keys, const ledger::VerifierKey& key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

// Whose signatures a warrant bears, of those that the policy knows.
struct Signers {
  std::vector<std::string> courts;
  std::vector<std::size_t> custodians;  // whose officers; each once
};

Result<Signers> verify_signers(std::string_view note_text, const Rules& rules) {
  QORGAN_TRY(const ledger::Note note, ledger::parse_note(note_text));
  Signers signers;
  const auto verified = ledger::verify_note(note, keys_of(rules));
  // Nobody known has signed: the rules say below who is missing.
  if (!verified && verified.error().code == ErrorCode::refused) return signers;
  if (!verified) return tl::unexpected(verified.error());
  for (const ledger::VerifiedSignature& signature : *verified)
    if (is_among(rules.courts, signature.key)) signers.courts.push_back(signature.key.name);
  for (std::size_t i = 0; i < kCustodians; ++i)
    if (std::any_of(verified->begin(), verified->end(),
                    [&](const auto& signature) { return is_among(rules.officers[i], signature.key); }))
      signers.custodians.push_back(i);
  return signers;
}

void judge_court(const Warrant& warrant, const Rules& rules, const Signers& signers, Checks& checks) {
  const bool known =
      std::any_of(rules.courts.begin(), rules.courts.end(), [&](const auto& key) { return key.name == warrant.court; });
  if (!known) {
    checks.fail("warrant-court", refused("the court that the warrant names is not registered here", warrant.court));
    return;
  }
  checks.judge("warrant-court",
               std::find(signers.courts.begin(), signers.courts.end(), warrant.court) != signers.courts.end(),
               "the court " + warrant.court + " has signed the warrant",
               refused("the court that the warrant names has not signed it", warrant.court));
}

void judge_officers(const Signers& signers, Checks& checks) {
  checks.judge("warrant-officers", signers.custodians.size() >= 2,
               fmt::format("officers of {} custodians have countersigned the warrant", signers.custodians.size()),
               refused(fmt::format("the warrant needs officers of two custodians, and has those of {}",
                                   signers.custodians.size()),
                       {}, "Have it countersigned at another custodian"));
}

void judge_time(const Warrant& warrant, std::int64_t now_s, Checks& checks) {
  checks.judge("warrant-begin", now_s >= warrant.not_before_s, "the warrant has begun",
               refused("the warrant is not yet valid", format_utc_s(warrant.not_before_s)));
  checks.judge("warrant-end", now_s <= warrant.not_after_s, "the warrant has not ended",
               refused("the warrant has expired", format_utc_s(warrant.not_after_s), "Ask the court for another one"));
}

void judge_scope(const Warrant& warrant, const RelyingParty* party, const Question& question, Checks& checks) {
  checks.judge("warrant-party", party != nullptr && party->id == warrant.party, "the warrant is for this relying party",
               refused("the warrant is for another relying party", warrant.party));
  checks.judge("warrant-purpose", question.purpose == warrant.purpose, "the warrant is for this purpose",
               refused("the warrant is for another purpose", warrant.purpose));
  checks.judge("warrant-desk", covers(warrant.scope.desks, question.desk), "the warrant covers this desk",
               refused("the warrant does not cover this desk", question.desk));
  checks.judge("warrant-operator", covers(warrant.scope.operators, question.operator_name),
               "the warrant covers this operator",
               refused("the warrant does not cover this operator", question.operator_name));
  const auto outside = std::find_if(question.fingers.begin(), question.fingers.end(),
                                    [&](int finger) { return !covers(warrant.scope.fingers, finger); });
  checks.judge("warrant-fingers", outside == question.fingers.end(), "the warrant covers these fingers",
               refused("the warrant does not cover a finger",
                       outside == question.fingers.end() ? "" : std::to_string(*outside)));
}

}  // namespace

std::optional<Warrant> judge_warrant(std::string_view note, const Policy& policy, const Question& question,
                                     std::int64_t uses, std::int64_t now_s, Checks& checks) {
  const auto warrant = peek_warrant(note);
  if (!warrant) {
    checks.fail("warrant-form", placed("warrant", warrant.error()));
    return std::nullopt;
  }
  checks.pass("warrant-form", "the warrant is whole: case " + warrant->case_name);
  const Rules& rules = policy.rules();
  checks.judge("warrant-network", warrant->network_id == rules.network_id, "the warrant is for this network",
               {ErrorCode::wrong_network, "the warrant is for another network", to_hex(warrant->network_id), {}});
  const auto signers = verify_signers(note, rules);
  if (!signers) {
    checks.fail("warrant-signature", placed("warrant", signers.error()));
    return std::nullopt;
  }
  checks.pass("warrant-signature", "no signature of a registered key fails");
  judge_court(*warrant, rules, *signers, checks);
  judge_officers(*signers, checks);
  judge_time(*warrant, now_s, checks);
  judge_scope(*warrant, policy.party_of_desk(question.desk), question, checks);
  checks.judge("warrant-uses", uses < warrant->searches_max,
               fmt::format("search {} of {}", uses + 1, warrant->searches_max),
               refused("the warrant is used up", fmt::format("{} searches", warrant->searches_max),
                       "Ask the court for another one"));
  return *warrant;
}

Result<Warrant> check_warrant(std::string_view note, const Policy& policy, const Question& question, std::int64_t uses,
                              std::int64_t now_s) {
  Checks checks;
  if (now_s < limits::clock_plausible_s_min)
    return failure(ErrorCode::unavailable, "this machine's clock is wrong", format_utc_s(now_s), "Set the clock");
  const auto warrant = judge_warrant(note, policy, question, uses, now_s, checks);
  if (checks.first_failure()) return tl::unexpected(*checks.first_failure());
  return *warrant;
}

}  // namespace qorgan::policy
