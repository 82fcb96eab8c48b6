// The engine's part that changes records: what the coordinator has decided takes effect, in its order.
#include <spdlog/spdlog.h>

#include <map>
#include <set>

#include "base/limits.h"
#include "custodian/engine.h"
#include "custodian/fault.h"
#include "custodian/person.h"
#include "custodian/told_apart.h"

namespace qorgan::custodian {
namespace {

using protocol::Kind;

store::OperationKind operation_kind(Kind kind) {
  switch (kind) {
    case Kind::lock:
      return store::OperationKind::lock;
    case Kind::unlock:
      return store::OperationKind::unlock;
    case Kind::withdraw:
      return store::OperationKind::withdraw;
    case Kind::erase:
    case Kind::expire:
      return store::OperationKind::erase;
    default:
      return store::OperationKind::enrol;
  }
}

}  // namespace

Status Engine::apply(const store::Operation& operation) {
  const std::lock_guard lock(mutex_);
  return apply_locked(operation);
}

// The coordinator decides when, never what: this custodian does only what it has voted for itself.
Status Engine::check_operation(const store::Operation& operation, const Flight& flight) const {
  const protocol::Request& request = flight.request;
  const Gallery::Person person = person_asked_about(request);
  const bool right_kind = !protocol::is_comparison(request.kind) && operation.kind == operation_kind(request.kind);
  const bool right_record = request.kind == Kind::enrol ? operation.record_id == request.record_id()
                                                        : person && operation.record_id == person->record_id;
  if (flight.phase != Phase::agreed || !right_kind || !right_record)
    return failure(ErrorCode::refused, "an operation that this custodian has not agreed to",
                   here() + ", request " + to_hex(operation.request_id));
  return {};
}

// A coordinator that was set back to an older copy would give its numbers out a second time.
Status Engine::check_applied(const store::Operation& operation) {
  QORGAN_TRY(const auto there, told_apart(store_.operations_after(operation.sequence - 1, 1), here()));
  if (!there.empty() && there.front() == operation) return {};
  return failure(ErrorCode::damaged, "another decision has this number already", "custodians 0 and " + here(),
                 "One of the two was set back to an older copy; their operators must restore the newest");
}

Status Engine::apply_locked(const store::Operation& operation) {
  if (operation.sequence <= applied_sequence_) return check_applied(operation);
  if (operation.sequence != applied_sequence_ + 1)
    return failure(ErrorCode::stale, "an operation came out of order", here());
  if (operation.kind == store::OperationKind::refresh) return apply_refresh(operation);
  QORGAN_TRY(const FlightPtr flight, known(operation.request_id));
  QORGAN_CHECK(check_operation(operation, *flight));
  fault_point("apply.before");
  switch (operation.kind) {
    case store::OperationKind::enrol:
      QORGAN_CHECK(apply_enrol(operation, *flight));
      break;
    case store::OperationKind::erase:
      QORGAN_CHECK(apply_erase(operation, *flight));
      break;
    default:
      QORGAN_CHECK(apply_flags(operation, *flight));
  }
  fault_point("apply.after");
  applied_sequence_ = operation.sequence;
  flight->phase = Phase::committed;
  flight->sequence = operation.sequence;
  flight->updated_ms = unix_time_ms();
  flight->shares.clear();
  flight->view_key = crypto::Key();
  entries_written();
  return {};
}

Status Engine::apply_enrol(const store::Operation& operation, Flight& flight) {
  if (!flight.terms)
    return failure(ErrorCode::internal, "an enrolment without terms",
                   here() + ", request " + to_hex(flight.request.id));
  store::Record record = to_record(flight.request, flight.shares, operation.sequence);
  record.view_key = flight.view_key.clone();
  record.terms_json = flight.terms->text();
  // Made before the transaction: after it nothing may fail.
  PersonShares person = person_without_shares(record, *flight.terms);
  std::vector<FingerShares> fingers;
  for (std::size_t i = 0; i < flight.shares.size(); ++i)
    fingers.emplace_back(flight.request.fingers[i], flight.shares[i]);
  person.fingers = std::make_shared<const std::vector<FingerShares>>(std::move(fingers));
  QORGAN_CHECK(
      told_apart(store_.apply_enrol(operation.sequence, operation.request_id, record, unix_time_ms()), here()));
  gallery_.add(std::move(person));
  return {};
}

Status Engine::apply_erase(const store::Operation& operation, Flight& flight) {
  const Gallery::Person person = gallery_.find_record(operation.record_id);
  QORGAN_ASSERT(person);
  const std::int64_t now = unix_time_ms();
  store::Along along;
  along.entries.push_back(erased_entry(index_, flight.request, person->view_key, now));
  QORGAN_TRY(along.notices, told_apart(notices_after(person, flight.request.id), here()));
  if (Status erased = store_.apply_erase(operation.sequence, operation.request_id, operation.record_id, now, along);
      !erased) {
    // The record may be gone with only the log's last cleaning left to do; then it is erased, and the cleaning comes
    // with the next erasure or start.
    const auto applied = store_.applied_sequence();
    if (!applied || *applied != operation.sequence) return told_apart(erased, here());
    spdlog::error("an erasure is done but for its cleaning: {}", erased.error().message());
  }
  gallery_.remove(operation.record_id);
  return {};
}

Status Engine::apply_flags(const store::Operation& operation, Flight&) {
  const Gallery::Person person = gallery_.find_record(operation.record_id);
  QORGAN_ASSERT(person);
  PersonShares changed = with_flags(*person, operation.kind);
  QORGAN_CHECK(told_apart(store_.apply_flags(operation, unix_time_ms()), here()));
  gallery_.replace(std::move(changed));
  return {};
}

// Whoever was given an answer about the person is to hear that the record is gone.
Result<std::vector<store::Notice>> Engine::notices_after(const Gallery::Person& person,
                                                         const protocol::RequestId& erasure) {
  std::map<std::string, std::vector<store::Id>> answered;
  std::set<store::Id> aborted;
  std::int64_t before = INT64_MAX;
  while (true) {
    // Newest first, so that what was aborted is known before what was agreed to.
    QORGAN_TRY(const auto entries, store_.entries_of_record(person->enrolled_seq, before, limits::trace_entries_max));
    for (const store::Entry& entry : entries) {
      QORGAN_TRY(const ledger::Leaf leaf, ledger::parse_leaf(entry.leaf));
      if (leaf.event == ledger::Event::aborted) aborted.insert(entry.request_id);
      if (leaf.event == ledger::Event::verify && !aborted.contains(entry.request_id))
        answered[leaf.party].push_back(entry.request_id);
    }
    if (entries.empty()) break;
    before = entries.back().number;
  }
  std::vector<store::Notice> notices;
  for (auto& [party, requests] : answered) {
    if (requests.size() > limits::stored_answered_max) requests.resize(limits::stored_answered_max);
    notices.push_back({person->record_id, erasure, party, std::move(requests), 0, 0});
  }
  return notices;
}

Result<std::int64_t> Engine::decide(const protocol::RequestId& id) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known(id));
  if (flight->phase == Phase::aborted) return tl::unexpected(flight->error);
  QORGAN_CHECK(check_subject(flight->request));
  store::Operation operation;
  operation.sequence = applied_sequence_ + 1;
  operation.request_id = id;
  operation.kind = operation_kind(flight->request.kind);
  operation.record_id = flight->request.kind == Kind::enrol ? flight->request.record_id()
                                                            : person_asked_about(flight->request)->record_id;
  flight->deciding = true;
  QORGAN_CHECK(apply_locked(operation));
  return operation.sequence;
}

Result<std::vector<store::Operation>> Engine::operations_after(std::int64_t sequence, std::size_t count_max) {
  const std::lock_guard lock(mutex_);
  return store_.operations_after(sequence, count_max);
}

}  // namespace qorgan::custodian
