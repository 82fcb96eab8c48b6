#include "custodian/judge.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "net/json_fields.h"
#include "policy/warrant.h"
#include "store/store.h"

namespace qorgan::custodian {
namespace {

using protocol::Asker;
using protocol::Kind;

policy::Operation operation_of(Kind kind) {
  switch (kind) {
    case Kind::enrol:
      return policy::Operation::enrol;
    case Kind::verify:
      return policy::Operation::verify;
    case Kind::identify:
      return policy::Operation::identify;
    case Kind::withdraw:
      return policy::Operation::withdraw;
    case Kind::lock:
      return policy::Operation::lock;
    case Kind::unlock:
      return policy::Operation::unlock;
    case Kind::erase:
    case Kind::expire:
      break;
  }
  return policy::Operation::erase;
}

// What a subject asks for needs no naming of a purpose: it is the one that is open to subjects.
std::string own_purpose(const policy::Policy& policy, policy::Operation operation) {
  for (const policy::Purpose& purpose : policy.rules().purposes)
    if (purpose.open_to(policy::PartyKind::subject) && purpose.allows(operation)) return purpose.id;
  return {};
}

policy::Question question_of(const protocol::Request& request, const policy::Policy& policy,
                             const Gallery::Person& person) {
  policy::Question question;
  question.operation = operation_of(request.kind);
  question.desk = request.desk;
  question.operator_name = request.operator_name;
  question.purpose = request.purpose;
  question.fingers = request.fingers;
  question.warrant = request.warrant;
  question.asked_by_subject = request.asker == Asker::subject;
  if (question.asked_by_subject) question.purpose = own_purpose(policy, question.operation);
  // Whoever is enrolled already is so whatever they have asked for since.
  if (person && request.kind != Kind::enrol) {
    question.subject.locked = (person->flags & store::kLocked) != 0;
    question.subject.withdrawn = (person->flags & store::kWithdrawn) != 0;
    question.subject.enrolled_by = person->terms.by_consent ? policy::BasisKind::consent : policy::BasisKind::law;
  }
  return question;
}

std::int64_t steady_time_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

store::NamedText note_of_counts(const policy::DayCounts& counts) {
  const net::Json json = {{"counts", counts.counts}, {"hour", counts.hour}};
  const std::string who = counts.is_desk ? "desk/" : "operator/" + counts.party + "/";
  return {Judge::kNotePrefix + who + counts.name, json.dump()};
}

Result<policy::DayCounts> counts_of_note(const store::NamedText& note) {
  const auto damaged = [&] { return failure(ErrorCode::damaged, "what is kept of a quota cannot be read", note.name); };
  policy::DayCounts counts;
  std::string_view who = note.name;
  who.remove_prefix(std::string_view(Judge::kNotePrefix).size());
  const std::size_t slash = who.find('/');
  const std::size_t last = who.rfind('/');
  if (slash == std::string_view::npos) return damaged();
  counts.is_desk = who.substr(0, slash) == "desk";
  if (last > slash) counts.party = who.substr(slash + 1, last - slash - 1);
  counts.name = who.substr(last + 1);
  QORGAN_TRY(const net::Json json, net::parse_json_object(note.text));
  QORGAN_TRY(counts.hour, net::int_field(json, "hour", 0, INT64_MAX / 3'600'000));
  QORGAN_TRY(const net::Json* list, net::array_field(json, "counts", counts.counts.size()));
  if (list->size() != counts.counts.size()) return damaged();
  for (std::size_t i = 0; i < counts.counts.size(); ++i) {
    if (!(*list)[i].is_number_unsigned() || (*list)[i] > UINT32_MAX) return damaged();
    counts.counts[i] = (*list)[i].get<std::uint32_t>();
  }
  return counts;
}

// From what all three know alike, so that they write the same into their logs; the day of enrolment is the desk's.
rights::Terms terms_told(const protocol::Network& network, const protocol::Request& request,
                         const policy::Purpose& purpose, const policy::RelyingParty& party, int retention_days) {
  constexpr std::int64_t kDayS = 86'400;
  rights::Terms terms;
  terms.network = network.id();
  terms.handle = request.record_id();
  for (std::size_t i = 0; i < protocol::kCustodians; ++i) terms.custodians[i] = network.custodians[i].name;
  terms.party = party.id;
  terms.party_name = party.name;
  terms.purpose = purpose.id;
  terms.purpose_version = purpose.version;
  terms.purpose_name = purpose.name;
  terms.purpose_words = purpose.what;
  terms.basis = purpose.basis.id;
  terms.basis_words = purpose.basis.words;
  terms.basis_source = purpose.basis.source;
  if (retention_days > 0) terms.until_s = protocol::created_ms(request.id) / 1000 + retention_days * kDayS;
  return terms;
}

// Custodian 0 says that a record's time is over; each looks at its own copy of the record's terms.
Judgement judge_expiry(const Gallery::Person& person, std::int64_t now_ms) {
  Judgement judgement;
  const std::int64_t until_ms = person ? person->terms.keep_until_ms : 0;
  const bool over = until_ms != 0 && until_ms <= now_ms;
  if (!over)
    judgement.refused = Error{ErrorCode::refused, "the record's time is not over", {}, "Set the coordinator's clock"};
  judgement.checks.push_back(
      {"retention", over, over ? "The record's time is over." : "The record's time is not over."});
  if (!person) return judgement;
  // On the ground that the record was enrolled on, which is over.
  judgement.party = person->terms.party;
  judgement.purpose = person->terms.purpose;
  judgement.purpose_version = person->terms.purpose_version;
  judgement.basis = person->terms.basis;
  return judgement;
}

}  // namespace

Judge::Judge(const protocol::Network& network, std::shared_ptr<const policy::Policy> policy)
    : network_(network), policy_(std::move(policy)), began_ms_(unix_time_ms() - steady_time_ms()) {
  QORGAN_ASSERT(policy_);
}

Judgement Judge::judge(const protocol::Request& request, const Gallery::Person& person, const Status& of_record,
                       std::int64_t warrant_uses, std::int64_t now_ms) {
  if (request.kind == Kind::expire) return judge_expiry(person, now_ms);
  const std::shared_ptr<const policy::Policy> policy = this->policy();
  const policy::Question question = question_of(request, *policy, person);
  const policy::RelyingParty* party = policy->party_of_desk(request.desk);
  const Names names = names_of(request);
  const std::int64_t counting_ms = this->now_ms();
  policy::Usage usage;
  if (!question.asked_by_subject) usage = counter_.take(names.desk, names.party, names.operator_name, counting_ms);
  usage.warrant_uses = warrant_uses;
  policy::Decision decision = policy->decide(question, usage, now_ms / 1000);
  Judgement judgement;
  judgement.refused = decision.refusal;
  judgement.party = decision.party;
  judgement.purpose = decision.purpose;
  judgement.purpose_version = decision.purpose_version;
  judgement.basis = decision.basis;
  judgement.hidden_until_s = decision.hidden_until_s;
  judgement.warrant = decision.warrant;
  judgement.checks = std::move(decision.checks);
  if (request.kind == Kind::identify) {
    judgement.candidates_max = decision.candidates_max;
    judgement.one_bit = decision.one_bit;
  }
  if (const policy::Purpose* purpose = policy->purpose(decision.purpose)) {
    judgement.by_consent = purpose->basis.kind == policy::BasisKind::consent;
    judgement.overrides_lock = purpose->overrides_lock;
    if (request.kind == Kind::enrol && !judgement.refused)
      judgement.terms = terms_told(network_, request, *purpose, *party, decision.retention_days);
  }
  // Last: whoever may not ask at all learns nothing of what is held.
  judgement.checks.push_back(
      {"record", of_record.has_value(), of_record ? "the records allow it" : of_record.error().what});
  if (!judgement.refused && !of_record) judgement.refused = of_record.error();
  if (judgement.refused && !question.asked_by_subject)
    counter_.give_back(names.desk, names.party, names.operator_name, counting_ms);
  return judgement;
}

std::optional<protocol::RequestId> Judge::warrant_id(const protocol::Request& request) {
  if (request.warrant.empty()) return std::nullopt;
  const auto warrant = policy::peek_warrant(request.warrant);
  if (!warrant) return std::nullopt;
  return warrant->id;
}

// Steady while the process runs, and comparable with what an earlier one has counted.
std::int64_t Judge::now_ms() const {
  return began_ms_ + steady_time_ms();
}

Judge::Names Judge::names_of(const protocol::Request& request) const {
  const std::shared_ptr<const policy::Policy> policy = this->policy();
  const policy::RelyingParty* party = policy->party_of_desk(request.desk);
  const std::string party_id = party ? party->id : std::string();
  return {hide_("desk " + request.desk), hide_("party " + party_id), hide_("operator " + request.operator_name)};
}

Status Judge::begin_counting(Hide hide, const std::vector<store::NamedText>& before) {
  hide_ = std::move(hide);
  for (const store::NamedText& note : before) {
    QORGAN_TRY(const policy::DayCounts counts, counts_of_note(note));
    counter_.restore(counts, now_ms());
  }
  return {};
}

std::vector<store::NamedText> Judge::counted(const protocol::Request& request) const {
  if (request.asker != Asker::desk) return {};
  const Names names = names_of(request);
  std::vector<store::NamedText> notes;
  for (const policy::DayCounts& counts : counter_.day_counts(names.desk, names.party, names.operator_name))
    notes.push_back(note_of_counts(counts));
  return notes;
}

Result<bool> Judge::is_over(const store::NamedText& counted) const {
  QORGAN_TRY(const policy::DayCounts counts, counts_of_note(counted));
  return counts.hour + static_cast<std::int64_t>(counts.counts.size()) <= now_ms() / 3'600'000;
}

std::shared_ptr<const policy::Policy> Judge::policy() const {
  const std::lock_guard lock(mutex_);
  return policy_;
}

void Judge::use(std::shared_ptr<const policy::Policy> policy) {
  QORGAN_ASSERT(policy);
  const std::lock_guard lock(mutex_);
  policy_ = std::move(policy);
}

}  // namespace qorgan::custodian
