#include "custodian/person.h"

namespace qorgan::custodian {
PersonShares person_without_shares(const store::Record& record, const Terms& terms) {
  PersonShares person;
  person.record_id = record.record_id;
  person.subject = record.pseudonym;
  person.enrolled_seq = record.enrolled_seq;
  person.epoch = record.epoch;
  person.flags = record.flags;
  person.access_key = record.access_key;
  person.view_key = record.view_key.clone();
  person.terms = terms;
  person.terms.enrolment_opening = {};
  return person;
}

Result<PersonShares> to_person(store::Record&& record, int custodian) {
  const auto named = [&](Error error) {
    error.where = "record " + to_hex(record.record_id);
    return tl::unexpected(std::move(error));
  };
  const auto terms = parse_terms(record.terms_json);
  if (!terms) return named(terms.error());
  PersonShares person = person_without_shares(record, *terms);
  std::vector<FingerShares> fingers;
  fingers.reserve(record.fingers.size());
  for (const store::Finger& finger : record.fingers) {
    const auto share = mpc::parse_share(finger.share.expose(), custodian);
    if (!share) return named({ErrorCode::damaged, "a stored share cannot be read: " + share.error().what, {}, {}});
    fingers.emplace_back(finger.position, *share);
  }
  person.fingers = std::make_shared<const std::vector<FingerShares>>(std::move(fingers));
  return person;
}

namespace {

PersonShares copy_of(const PersonShares& person) {
  PersonShares copy;
  copy.record_id = person.record_id;
  copy.subject = person.subject;
  copy.enrolled_seq = person.enrolled_seq;
  copy.epoch = person.epoch;
  copy.flags = person.flags;
  copy.access_key = person.access_key;
  copy.view_key = person.view_key.clone();
  copy.terms = person.terms;
  copy.fingers = person.fingers;
  return copy;
}

}  // namespace

PersonShares with_shares(const PersonShares& person, std::int64_t epoch,
                         std::shared_ptr<const std::vector<FingerShares>> fingers) {
  PersonShares changed = copy_of(person);
  changed.epoch = epoch;
  changed.fingers = std::move(fingers);
  return changed;
}

PersonShares with_flags(const PersonShares& person, store::OperationKind change) {
  PersonShares changed = copy_of(person);
  if (change == store::OperationKind::lock) changed.flags |= store::kLocked;
  if (change == store::OperationKind::unlock) changed.flags &= ~store::kLocked;
  if (change == store::OperationKind::withdraw) changed.flags |= store::kWithdrawn;
  return changed;
}

store::Record to_record(const protocol::Request& request, const std::vector<mpc::StoredShare>& shares,
                        std::int64_t sequence) {
  store::Record record;
  record.record_id = request.record_id();
  record.pseudonym = request.subject;
  record.enrolled_seq = sequence;
  record.access_key = request.access_key;
  for (std::size_t i = 0; i < shares.size(); ++i)
    record.fingers.push_back({request.fingers[i], mpc::serialise(shares[i])});
  return record;
}

Terms terms_of(const Judgement& judgement, std::int64_t now_ms) {
  Terms terms;
  terms.party = judgement.party;
  terms.purpose = judgement.purpose;
  terms.purpose_version = judgement.purpose_version;
  terms.basis = judgement.basis;
  terms.by_consent = judgement.by_consent;
  terms.enrolled_ms = now_ms;
  if (judgement.terms) terms.keep_until_ms = judgement.terms->until_s * 1000;
  return terms;
}

}  // namespace qorgan::custodian
