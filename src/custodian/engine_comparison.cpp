// The engine's part that has to do with comparisons: whom they run over, their results, and their ends.
#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "custodian/engine.h"
#include "custodian/fault.h"

namespace qorgan::custodian {
namespace {

using protocol::Kind;

bool is_open_to(const PersonShares& person, const LeaveOut& leave_out) {
  const bool locked = (person.flags & store::kLocked) != 0 && leave_out.locked;
  const bool withdrawn = (person.flags & store::kWithdrawn) != 0 && leave_out.withdrawn;
  return !locked && !withdrawn;
}

}  // namespace

Result<Engine::Snapshot> Engine::take_snapshot(const protocol::RequestId& id, std::int64_t sequence, Deadline deadline,
                                               const LeaveOut& also) {
  std::unique_lock lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known(id));
  const bool caught_up = changed_.wait_until(
      lock, deadline.at(), [&] { return stopping_ || flight->ended() || applied_sequence_ >= sequence; });
  if (flight->phase == Phase::aborted) return tl::unexpected(flight->error);
  if (!caught_up || stopping_ || applied_sequence_ != sequence)
    return failure(ErrorCode::unavailable, "a custodian is not at the state that the comparison needs", here(),
                   "Ask again");
  if (flight->request.kind == Kind::verify) {
    QORGAN_CHECK(check_subject(flight->request));
    // Not the record of one who was erased and enrolled anew meanwhile: of that one the log says nothing.
    const Gallery::Person person = gallery_.find(flight->request.subject);
    if (flight->about != person->record_id)
      return failure(ErrorCode::not_found, "the record was erased meanwhile", here(), "Ask anew");
    flight->snapshot = {person};
  } else {
    flight->snapshot = gallery_.everyone();
  }
  const LeaveOut leave_out = flight->judgement.leave_out().stricter(also);
  std::erase_if(flight->snapshot, [&](const Gallery::Person& person) {
    return !is_open_to(*person, leave_out) || !person->has_any_of(flight->request.fingers);
  });
  if (flight->request.kind == Kind::verify && flight->snapshot.empty())
    return failure(ErrorCode::refused, "the record was locked, or consent withdrawn, meanwhile", here());
  flight->order.clear();
  Bytes ids;
  ids.reserve(flight->snapshot.size() * 24);
  for (const Gallery::Person& person : flight->snapshot) {
    if (!flight->one_bit) flight->order.push_back(person->record_id);
    ids.insert(ids.end(), person->record_id.begin(), person->record_id.end());
    append_u64(ids, static_cast<std::uint64_t>(person->epoch));
  }
  flight->has_snapshot = true;
  flight->order_digest = crypto::sha256(ids);
  return Snapshot{flight->snapshot.size(), flight->order_digest};
}

Result<Engine::ComparisonInput> Engine::take_comparison(const protocol::RequestId& id) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known(id));
  if (flight->phase == Phase::aborted) return tl::unexpected(flight->error);
  if (flight->phase != Phase::agreed || !flight->has_snapshot)
    return failure(ErrorCode::stale, "a comparison that is not ready to run, or has run", here(), "Ask anew");
  flight->has_snapshot = false;
  flight->begun = true;
  return ComparisonInput{flight->request,
                         flight->digest,
                         flight->order_digest,
                         std::exchange(flight->shares, {}),
                         std::exchange(flight->snapshot, {}),
                         flight->one_bit,
                         flight->stop.get_token(),
                         flight->progress};
}

Status Engine::store_result(const protocol::RequestId& id, Bytes result, std::size_t compared, const Work& work) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known(id));
  if (flight->phase == Phase::aborted) return tl::unexpected(flight->error);
  if (flight->phase != Phase::agreed)
    return failure(ErrorCode::stale, "a result for a request that was decided before",
                   "custodian " + std::to_string(index_));
  flight->result = std::move(result);
  flight->compared = compared;
  flight->work = work;
  fault_point("result.before");
  QORGAN_CHECK(write_phase(*flight, Phase::ran));
  fault_point("result.after");
  return {};
}

// The coordinator is first to say that the time is over, so that all three give one reason.
Deadline Engine::deadline_of(const protocol::Request& request) const {
  return Deadline::after_ms(request.time_allowed_ms() + (index_ == kCoordinator ? 0 : limits::deadline_slack_ms));
}

Error Engine::too_late() const {
  return {ErrorCode::timeout, "the comparison did not end within the time allowed", here(),
          "Ask again with more time, or when fewer searches wait"};
}

Result<bool> Engine::stop_comparison(const protocol::RequestId& id, const Error& reason) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known(id));
  return stop_locked(*flight, reason);
}

Result<bool> Engine::cancel(const protocol::RequestId& id, const std::string& desk) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known_of(id, desk));
  if (flight->phase == Phase::aborted && protocol::is_comparison(flight->request.kind)) {
    QORGAN_TRY(const bool may_tell, may_tell_end(*flight));
    if (!may_tell) return true;
  }
  return stop_locked(*flight, {ErrorCode::refused, "the desk cancelled the comparison", here(), "Ask anew"});
}

Result<bool> Engine::stop_locked(Flight& flight, const Error& reason) {
  if (!protocol::is_comparison(flight.request.kind))
    return failure(ErrorCode::refused, "a change of records cannot be cancelled", here(),
                   "Wait for its end, then undo it");
  if (flight.ended() || flight.deciding) return false;
  if (index_ == kCoordinator) {
    if (!flight.stop_reason) flight.stop_reason = reason;
    flight.stop.request_stop();
    return true;
  }
  if (flight.phase == Phase::ran) return false;
  fault_point("abort.before");
  QORGAN_CHECK(end(flight, Phase::aborted, reason));
  fault_point("abort.after");
  return true;
}

std::optional<Error> Engine::stop_reason(const protocol::RequestId& id) {
  const std::lock_guard lock(mutex_);
  const auto flight = flights_.find(id);
  return flight == flights_.end() ? std::nullopt : flight->second->stop_reason;
}

Status Engine::give_up_soon(const protocol::RequestId& id, const Error& reason) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known(id));
  flight->stop_reason = reason;
  flight->deadline = flight->deadline.earlier(Deadline::after_ms(2 * limits::run_grace_ms));
  return {};
}

Status Engine::expire() {
  const std::lock_guard lock(mutex_);
  QORGAN_ASSERT(index_ != kCoordinator);
  Status all;
  for (const auto& [id, flight] : flights_) {
    const bool may_end = !flight->ended() && flight->phase != Phase::ran;
    if (!may_end || !protocol::is_comparison(flight->request.kind)) continue;
    if (!flight->deadline.passed()) continue;
    if (const auto stopped = stop_locked(*flight, flight->stop_reason.value_or(too_late())); !stopped)
      all = tl::unexpected(stopped.error());
  }
  return all;
}

Result<Engine::Progress> Engine::progress(const protocol::RequestId& id, const std::string& desk) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known_of(id, desk));
  QORGAN_TRY(const bool may_tell, may_tell_end(*flight));
  return Progress{may_tell, flight->progress->pairs_done, flight->progress->pairs_all};
}

Status Engine::commit_comparison(const protocol::RequestId& id) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known(id));
  return commit_locked(*flight);
}

Status Engine::commit_locked(Flight& flight) {
  if (flight.phase == Phase::committed) return {};
  if (flight.phase != Phase::ran)
    return failure(ErrorCode::stale, "a comparison without a result cannot be committed", here());
  // Until it is decided the coordinator may still give up what all three have a result of.
  if (index_ == kCoordinator && flight.stop_reason) return tl::unexpected(*flight.stop_reason);
  fault_point("commit.before");
  flight.deciding = true;
  QORGAN_CHECK(end(flight, Phase::committed, {}));
  fault_point("commit.after");
  return {};
}

Result<std::vector<protocol::RecordId>> Engine::use_lookups(const protocol::RequestId& id, const std::string& desk,
                                                            int count) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known(id));
  if (flight->request.kind != Kind::identify || flight->request.desk != desk || flight->phase != Phase::committed)
    return failure(ErrorCode::refused, "there is no identification of this desk's to look candidates up in", here());
  if (flight->one_bit)
    return failure(ErrorCode::refused, "the purpose of this search is told whether anybody was found, not who", here());
  if (flight->order.empty() && flight->compared > 0)
    return failure(ErrorCode::stale, "the order of this identification is no longer kept", here(), "Identify again");
  if (count > flight->judgement.candidates_max)
    return failure(ErrorCode::refused, "the warrant does not allow that many candidates", here());
  // As many again for a repetition after a lost answer, twice.
  constexpr int kTimes = limits::lookups_per_request_max / limits::candidates_max;
  if (flight->lookups + count > kTimes * flight->judgement.candidates_max)
    return failure(ErrorCode::refused, "this identification's lookups are used up", here(), "Identify again");
  flight->lookups += count;
  return flight->order;
}

}  // namespace qorgan::custodian
