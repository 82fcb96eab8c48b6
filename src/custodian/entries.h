// What this custodian's log says of requests: entries made of a request, the judgement on it, and the person.
#pragma once

#include "custodian/judge.h"
#include "ledger/leaf.h"
#include "store/store.h"

namespace qorgan::custodian {

// The event that a request is agreed to as. An expiry is agreed to as an erasure.
ledger::Event agreed_event(protocol::Kind kind);

// The number that an entry has in the store: a hidden one apart, so that it is found when its time comes.
int stored_event(ledger::Event event, bool hidden);
// Whether an entry says that a request was agreed to.
bool is_agreed(const store::Entry& entry);
bool is_aborted(const store::Entry& entry);

// Who is spoken of; all empty for an identification.
struct EntrySubject {
  std::int64_t record_seq = 0;            // 0 where there is no record (yet)
  const crypto::Key* view_key = nullptr;  // null where nobody is spoken of; outlives the call
};

// A desk's question whether anything is held on somebody.
struct AbsenceQuestion {
  protocol::RequestId id{};
  std::string desk;
  std::string operator_name;
  std::string party;
  protocol::SubjectId pseudonym{};
  crypto::Digest subject{};  // what the statement calls the pseudonym (rights/absence.h)
};

// That the request was agreed to by this custodian, before anything is done.
store::Entry agreed_entry(int custodian, const protocol::Request& request, const Judgement& judgement,
                          const EntrySubject& subject, std::int64_t now_ms);
// That it was refused. Tagged as about its subject, so that they see the attempt; with random bytes where nobody is
// enrolled, since who asks must not learn from the public log whether somebody is.
store::Entry refused_entry(int custodian, const protocol::Request& request, const Judgement& judgement,
                           const EntrySubject& subject, ErrorCode reason, std::int64_t now_ms);
// That a desk is told whether anything is held on somebody. Tagged likewise.
store::Entry absence_entry(int custodian, const AbsenceQuestion& question, const EntrySubject& subject,
                           std::int64_t now_ms);
// That what was agreed to came to nothing.
store::Entry aborted_entry(const protocol::Request& request, std::int64_t record_seq, ErrorCode reason,
                           std::int64_t now_ms);
// That the record's key and shares are destroyed here. Of no record any more.
store::Entry erased_entry(int custodian, const protocol::Request& request, const crypto::Key& view_key,
                          std::int64_t now_ms);
// That a relying party was told of an erasure, or has acknowledged it.
store::Entry notified_entry(const store::Notice& notice, bool acknowledged, std::int64_t now_ms);
// Of no request.
store::Entry plain_entry(const ledger::Leaf& leaf, std::int64_t now_ms);
// What was hidden, shown: the details of the entry that the log has at its index (which is known).
store::Entry opened_entry(const store::Entry& hidden, std::int64_t now_ms);

}  // namespace qorgan::custodian
