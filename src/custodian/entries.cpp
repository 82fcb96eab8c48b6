#include "custodian/entries.h"

#include "crypto/random.h"
#include "net/json_fields.h"

namespace qorgan::custodian {
namespace {

using ledger::Event;
using ledger::Leaf;
using protocol::Asker;
using protocol::Kind;

constexpr int kHiddenEvents = 100;

std::int64_t seconds(std::int64_t time_ms) {
  return time_ms / 1000;
}

void add_grounds(Leaf& leaf, const Judgement& judgement) {
  leaf.party = judgement.party;
  leaf.purpose = judgement.purpose;
  leaf.purpose_version = judgement.purpose_version;
  leaf.basis = judgement.basis;
  leaf.warrant = judgement.warrant;
}

net::Json details_of(const protocol::Request& request) {
  net::Json details = {{"by", protocol::asker_name(request.asker)}, {"kind", protocol::kind_name(request.kind)}};
  if (request.asker != Asker::desk) return details;
  details["desk"] = request.desk;
  details["operator"] = request.operator_name;
  details["fingers"] = request.fingers;
  if (request.kind == Kind::enrol) details["access_key"] = to_hex(request.access_key);
  return details;
}

// A hidden entry says what it would have said in its details, which are opened on its date.
void hide(Leaf& leaf, net::Json& details, std::int64_t until_s) {
  details["party"] = leaf.party;
  details["purpose"] = leaf.purpose;
  details["purpose_version"] = leaf.purpose_version;
  details["basis"] = leaf.basis;
  if (leaf.warrant) details["warrant"] = to_hex(*leaf.warrant);
  if (leaf.tag) details["tag"] = to_hex(*leaf.tag);
  Leaf bare;
  bare.time_s = leaf.time_s;
  bare.event = leaf.event;
  bare.request = leaf.request;
  bare.hidden_until_s = until_s;
  leaf = bare;
}

ledger::DetailsOpening commit_to(const net::Json& details, Leaf& leaf) {
  ledger::DetailsOpening opening;
  crypto::fill_random(opening.nonce);
  opening.details = details.dump();
  leaf.details = ledger::details_commitment(opening);
  return opening;
}

ledger::Hash tag_or_random(int custodian, const EntrySubject& subject, const protocol::RequestId& id) {
  if (subject.view_key) return ledger::subject_tag(ledger::view_key_of(*subject.view_key, custodian), id);
  ledger::Hash random{};
  crypto::fill_random(random);
  return random;
}

store::Entry entry_of(const Leaf& leaf, std::int64_t record_seq, std::int64_t now_ms) {
  store::Entry entry;
  if (leaf.request) entry.request_id = *leaf.request;
  entry.record_seq = record_seq;
  entry.event = stored_event(leaf.event, leaf.hidden_until_s != 0);
  entry.time_ms = now_ms;
  entry.leaf = leaf.text();
  return entry;
}

}  // namespace

Event agreed_event(Kind kind) {
  switch (kind) {
    case Kind::enrol:
      return Event::enrol;
    case Kind::verify:
      return Event::verify;
    case Kind::identify:
      return Event::identify;
    case Kind::erase:
    case Kind::expire:
      return Event::erase;
    case Kind::withdraw:
      return Event::withdraw;
    case Kind::lock:
      return Event::lock;
    case Kind::unlock:
      return Event::unlock;
  }
  return Event::erase;
}

int stored_event(Event event, bool hidden) {
  return static_cast<int>(event) + (hidden ? kHiddenEvents : 0);
}

bool is_agreed(const store::Entry& entry) {
  return ledger::is_agreed(static_cast<Event>(entry.event % kHiddenEvents));
}

bool is_aborted(const store::Entry& entry) {
  return entry.event == stored_event(Event::aborted, false);
}

store::Entry agreed_entry(int custodian, const protocol::Request& request, const Judgement& judgement,
                          const EntrySubject& subject, std::int64_t now_ms) {
  Leaf leaf;
  leaf.time_s = seconds(now_ms);
  leaf.event = agreed_event(request.kind);
  leaf.request = request.id;
  add_grounds(leaf, judgement);
  if (subject.view_key) leaf.tag = ledger::subject_tag(ledger::view_key_of(*subject.view_key, custodian), request.id);
  net::Json details = details_of(request);
  if (judgement.terms) details["terms"] = to_hex(rights::terms_digest(*judgement.terms));
  const bool hidden = judgement.hidden_until_s != 0;
  if (hidden) hide(leaf, details, judgement.hidden_until_s);
  const ledger::DetailsOpening opening = commit_to(details, leaf);
  // What must be opened on a date must outlive the record.
  store::Entry entry = entry_of(leaf, hidden ? 0 : subject.record_seq, now_ms);
  entry.opening = crypto::SecretBytes(as_bytes(opening.text()));
  return entry;
}

store::Entry refused_entry(int custodian, const protocol::Request& request, const Judgement& judgement,
                           const EntrySubject& subject, ErrorCode reason, std::int64_t now_ms) {
  Leaf leaf;
  leaf.time_s = seconds(now_ms);
  leaf.event = Event::refused;
  leaf.request = request.id;
  const bool hidden = judgement.hidden_until_s != 0;
  if (!hidden) add_grounds(leaf, judgement);
  if (!hidden && request.kind != Kind::identify) leaf.tag = tag_or_random(custodian, subject, request.id);
  leaf.reason = error_code_name(reason);
  const ledger::DetailsOpening opening = commit_to(details_of(request), leaf);
  store::Entry entry = entry_of(leaf, hidden ? 0 : subject.record_seq, now_ms);
  entry.opening = crypto::SecretBytes(as_bytes(opening.text()));
  return entry;
}

store::Entry absence_entry(int custodian, const AbsenceQuestion& question, const EntrySubject& subject,
                           std::int64_t now_ms) {
  Leaf leaf;
  leaf.time_s = seconds(now_ms);
  leaf.event = Event::absence;
  leaf.request = question.id;
  leaf.party = question.party;
  leaf.tag = tag_or_random(custodian, subject, question.id);
  const ledger::DetailsOpening opening = commit_to({{"by", protocol::asker_name(Asker::desk)},
                                                    {"kind", ledger::event_name(Event::absence)},
                                                    {"desk", question.desk},
                                                    {"operator", question.operator_name},
                                                    {"fingers", net::Json::array()},
                                                    {"subject", to_hex(question.subject)},
                                                    {"held", subject.record_seq != 0}},
                                                   leaf);
  store::Entry entry = entry_of(leaf, subject.record_seq, now_ms);
  entry.opening = crypto::SecretBytes(as_bytes(opening.text()));
  return entry;
}

store::Entry aborted_entry(const protocol::Request& request, std::int64_t record_seq, ErrorCode reason,
                           std::int64_t now_ms) {
  Leaf leaf;
  leaf.time_s = seconds(now_ms);
  leaf.event = Event::aborted;
  leaf.request = request.id;
  leaf.reason = error_code_name(reason);
  return entry_of(leaf, record_seq, now_ms);
}

store::Entry erased_entry(int custodian, const protocol::Request& request, const crypto::Key& view_key,
                          std::int64_t now_ms) {
  Leaf leaf;
  leaf.time_s = seconds(now_ms);
  leaf.event = request.kind == Kind::expire ? Event::expired : Event::erased;
  leaf.request = request.id;
  leaf.tag = ledger::subject_tag(ledger::view_key_of(view_key, custodian), request.id);
  return entry_of(leaf, 0, now_ms);
}

store::Entry notified_entry(const store::Notice& notice, bool acknowledged, std::int64_t now_ms) {
  Leaf leaf;
  leaf.time_s = seconds(now_ms);
  leaf.event = Event::notified;
  leaf.request = notice.request_id;
  leaf.party = notice.party;
  leaf.reason = acknowledged ? "acknowledged" : "told";
  return entry_of(leaf, 0, now_ms);
}

store::Entry plain_entry(const Leaf& leaf, std::int64_t now_ms) {
  return entry_of(leaf, 0, now_ms);
}

store::Entry opened_entry(const store::Entry& hidden, std::int64_t now_ms) {
  QORGAN_ASSERT(hidden.index);
  Leaf leaf;
  leaf.time_s = seconds(now_ms);
  leaf.event = Event::opened;
  leaf.entry = *hidden.index;
  const ByteView opening = hidden.opening.expose();
  leaf.opening.assign(opening.begin(), opening.end());
  return entry_of(leaf, 0, now_ms);
}

}  // namespace qorgan::custodian
