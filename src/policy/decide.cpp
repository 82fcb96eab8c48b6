// The rules of a policy, one after the other.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "policy/checks.h"
#include "policy/fields.h"
#include "policy/policy.h"
#include "policy/warrant.h"

namespace qorgan::policy {
namespace {

Error refused(std::string what, std::string where = {}, std::string remedy = {}) {
  return {ErrorCode::refused, std::move(what), std::move(where), std::move(remedy)};
}

void judge_time(const Rules& rules, std::int64_t now_s, Checks& checks) {
  checks.judge("clock", now_s >= limits::clock_plausible_s_min, "the clock shows a plausible time",
               {ErrorCode::unavailable, "this custodian's clock is wrong", format_utc_s(now_s), "Set the clock"});
  checks.judge("policy", now_s >= rules.valid_from_s,
               fmt::format("version {} of the policy is in force", rules.version),
               refused("the policy is not yet in force", format_utc_s(rules.valid_from_s)));
}

const RelyingParty* judge_desk(const Policy& policy, const Question& question, Checks& checks) {
  const RelyingParty* party = policy.party_of_desk(question.desk);
  if (party == nullptr) {
    checks.fail("desk", refused("the desk is not registered with a relying party", question.desk));
    return nullptr;
  }
  checks.pass("desk", "the desk belongs to " + party->name);
  return party;
}

void judge_operator(const RelyingParty* party, const std::string& name, Checks& checks) {
  if (name.empty()) {
    checks.fail("operator", refused("the request names no operator", {}, "Say who asks"));
    return;
  }
  if (party == nullptr) return;
  const auto& listed = party->operators;
  checks.judge("operator", !listed || std::find(listed->begin(), listed->end(), name) != listed->end(),
               "the operator is named", refused("the operator is not registered with the relying party", name));
}

const Purpose* judge_purpose(const Policy& policy, const Question& question, Checks& checks) {
  const Purpose* purpose = policy.purpose(question.purpose);
  checks.judge("purpose", purpose != nullptr, purpose != nullptr ? purpose->name.en : std::string(),
               refused("the purpose is not known here", question.purpose));
  return purpose;
}

void judge_registration(const Purpose& purpose, const RelyingParty& party, Checks& checks) {
  checks.judge("registration",
               std::find(party.purposes.begin(), party.purposes.end(), purpose.id) != party.purposes.end(),
               "the relying party is registered for the purpose",
               refused("the relying party is not registered for the purpose", party.name + ", " + purpose.id));
}

void judge_operation(const Purpose& purpose, Operation operation, Checks& checks) {
  checks.judge("operation", purpose.allows(operation), fmt::format("the purpose allows {}", operation_name(operation)),
               refused(fmt::format("the purpose does not allow {}", operation_name(operation)), purpose.id));
}

void judge_subject(const Purpose& purpose, const Question& question, Checks& checks) {
  const SubjectState& subject = question.subject;
  checks.judge("lock", !subject.locked || purpose.overrides_lock,
               subject.locked ? "the purpose goes on in spite of the subject's lock" : "the subject has locked nothing",
               refused("the subject has locked the record", {}, "Ask the person to unlock it"));
  if (is_comparison(question.operation))
    checks.judge("consent", !subject.withdrawn || purpose.basis.kind != BasisKind::consent,
                 subject.withdrawn ? "the purpose rests on a law, not on consent" : "consent has not been withdrawn",
                 refused("the subject has withdrawn consent", purpose.id));
  if (question.operation == Operation::erase || question.operation == Operation::withdraw)
    checks.judge("kept-by-law", subject.enrolled_by != BasisKind::law, "no law keeps the record",
                 refused("a law keeps the record for its time: it can be restricted, not erased", {},
                         "Ask the organisation that enrolled the person"));
}

std::optional<Warrant> judge_need_of_warrant(const Policy& policy, const Purpose& purpose, const Question& question,
                                             const Usage& usage, std::int64_t now_s, Checks& checks) {
  if (!purpose.needs_warrant) {
    // Otherwise somebody would believe that it counted.
    if (!question.warrant.empty())
      checks.fail("warrant", refused("the purpose takes no warrant", purpose.id, "Send the request without it"));
    return std::nullopt;
  }
  if (question.warrant.empty()) {
    checks.fail("warrant", refused("the purpose needs a warrant", purpose.id, "Ask a court for one"));
    return std::nullopt;
  }
  const auto warrant = judge_warrant(question.warrant, policy, question, usage.warrant_uses, now_s, checks);
  if (warrant && warrant->hidden_until_s != 0)
    checks.judge("warrant-hidden", purpose.hidden_allowed,
                 "the use stays hidden until " + format_utc_s(warrant->hidden_until_s),
                 refused("the purpose does not allow hidden uses", purpose.id));
  return warrant;
}

void judge_quotas(const Quotas& quotas, const Usage& usage, Checks& checks) {
  const auto judge = [&](std::string_view rule, std::int64_t count, int max, const char* whose) {
    checks.judge(rule, count < max, fmt::format("request {} of {} {}", count + 1, max, whose),
                 {ErrorCode::busy, fmt::format("more than {} requests {}", max, whose), {}, "Try again later"});
  };
  judge("quota-desk-minute", usage.desk_minute, quotas.desk_per_minute, "of the desk in a minute");
  judge("quota-desk-day", usage.desk_day, quotas.desk_per_day, "of the desk in a day");
  judge("quota-operator-minute", usage.operator_minute, quotas.operator_per_minute, "of the operator in a minute");
  judge("quota-operator-day", usage.operator_day, quotas.operator_per_day, "of the operator in a day");
}

// Who asks: a relying party through a desk, or the subject, who alone may ask for some purposes.
const RelyingParty* judge_asker(const Policy& policy, const Question& question, Checks& checks) {
  if (question.asked_by_subject) {
    checks.judge("desk", question.desk.empty() && question.operator_name.empty(), "the subject asks",
                 refused("what a subject asks for comes through no desk", question.desk));
    return nullptr;
  }
  const RelyingParty* party = judge_desk(policy, question, checks);
  judge_operator(party, question.operator_name, checks);
  return party;
}

void describe(const Purpose& purpose, const Question& question, const std::optional<Warrant>& warrant,
              Decision& decision) {
  decision.purpose = purpose.id;
  decision.purpose_version = purpose.version;
  decision.basis = purpose.basis.id;
  decision.retention_days = purpose.retention_days;
  decision.one_bit = purpose.one_bit;
  if (!warrant) return;
  decision.warrant = warrant->id;
  decision.hidden_until_s = warrant->hidden_until_s;
  if (question.operation == Operation::identify && !purpose.one_bit) decision.candidates_max = warrant->candidates_max;
}

}  // namespace

Decision Policy::decide(const Question& question, const Usage& usage, std::int64_t now_s) const {
  Decision decision;
  Checks checks;
  judge_time(rules_, now_s, checks);
  const RelyingParty* party = judge_asker(*this, question, checks);
  if (party != nullptr) decision.party = party->id;
  if (const Purpose* known = judge_purpose(*this, question, checks)) {
    if (party != nullptr) judge_registration(*known, *party, checks);
    if (question.asked_by_subject)
      checks.judge("registration", known->open_to(PartyKind::subject), "the purpose is for subjects themselves",
                   refused("a subject cannot ask for this purpose", known->id));
    judge_operation(*known, question.operation, checks);
    judge_subject(*known, question, checks);
    const auto warrant = judge_need_of_warrant(*this, *known, question, usage, now_s, checks);
    judge_quotas(quotas(*known, party), usage, checks);
    describe(*known, question, warrant, decision);
  }
  decision.refusal = checks.first_failure();
  decision.checks = checks.take();
  return decision;
}

}  // namespace qorgan::policy
