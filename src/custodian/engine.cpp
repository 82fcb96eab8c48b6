#include "custodian/engine.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "custodian/fault.h"
#include "custodian/share_list.h"
#include "net/json_fields.h"
#include "net/message.h"

namespace qorgan::custodian {
namespace {

using protocol::Kind;
using store::RequestState;

RequestState stored_state(Phase phase) {
  switch (phase) {
    case Phase::prepared:
      return RequestState::prepared;
    case Phase::agreed:
      return RequestState::agreed;
    case Phase::ran:
      return RequestState::ran;
    case Phase::committed:
      return RequestState::committed;
    case Phase::aborted:
      return RequestState::aborted;
  }
  return RequestState::aborted;
}

Phase phase_of(RequestState state) {
  switch (state) {
    case RequestState::prepared:
      return Phase::prepared;
    case RequestState::agreed:
      return Phase::agreed;
    case RequestState::ran:
      return Phase::ran;
    case RequestState::committed:
      return Phase::committed;
    case RequestState::aborted:
      return Phase::aborted;
  }
  return Phase::aborted;
}

// A comparison's probe need not outlive this process: if it stops, the comparison is aborted. An enrolment's shares
// must.
store::RequestRow to_row(const Flight& flight) {
  store::RequestRow row;
  row.request_id = flight.request.id;
  row.state = stored_state(flight.phase);
  row.digest = flight.digest;
  row.request_json = protocol::to_json(flight.request).dump();
  row.updated_ms = flight.updated_ms;
  row.sequence = flight.sequence;
  if (flight.request.kind == Kind::enrol && !flight.ended()) row.payload = serialise_list(flight.shares);
  row.result = crypto::SecretBytes(ByteView(flight.result));
  row.compared = static_cast<std::int64_t>(flight.compared);
  if (flight.phase == Phase::aborted) row.error_json = net::error_message(flight.error).head.dump();
  return row;
}

Result<std::shared_ptr<Flight>> from_row(const store::RequestRow& row, int custodian) {
  auto flight = std::make_shared<Flight>();
  QORGAN_TRY(const net::Json json, net::parse_json_object(row.request_json));
  QORGAN_TRY(flight->request, protocol::request_from_json(json));
  flight->digest = row.digest;
  flight->phase = phase_of(row.state);
  flight->updated_ms = row.updated_ms;
  flight->sequence = row.sequence;
  if (row.payload.size() > 0) {
    QORGAN_TRY(flight->shares, parse_list(row.payload.expose(), flight->request.fingers.size(), custodian));
  }
  flight->result.assign(row.result.expose().begin(), row.result.expose().end());
  flight->compared = static_cast<std::size_t>(row.compared);
  if (!row.error_json.empty()) {
    net::Message message;
    QORGAN_TRY(message.head, net::parse_json_object(row.error_json));
    flight->error = net::error_of(message).value_or(Error{ErrorCode::damaged, "an abort without a reason", {}, {}});
  }
  return flight;
}

Error stopped_error() {
  return {ErrorCode::unavailable, "a custodian stopped before the request was decided", "custodian 0",
          "Nothing was stored or answered; ask again"};
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::open(int index, store::Store store) {
  std::unique_ptr<Engine> engine(new Engine(index, std::move(store)));
  QORGAN_CHECK(engine->load());
  return engine;
}

Status Engine::load() {
  QORGAN_TRY(applied_sequence_, store_.applied_sequence());
  QORGAN_CHECK(store_.load_all([this](store::Record&& record) -> Status {
    PersonShares person{record.record_id, record.pseudonym, record.enrolled_seq, {}};
    person.fingers.reserve(record.fingers.size());
    for (const store::Finger& finger : record.fingers) {
      const auto share = mpc::parse_share(finger.share.expose(), index_);
      if (!share)
        return failure(ErrorCode::damaged, "a stored share cannot be read: " + share.error().what,
                       "record " + to_hex(record.record_id));
      person.fingers.emplace_back(finger.position, *share);
    }
    gallery_.add(std::move(person));
    return {};
  }));
  for (const RequestState state : {RequestState::prepared, RequestState::agreed, RequestState::ran}) {
    QORGAN_TRY(const std::vector<store::RequestRow> rows, store_.requests_in(state));
    for (const store::RequestRow& row : rows) {
      QORGAN_TRY(FlightPtr flight, from_row(row, index_));
      flights_[flight->request.id] = flight;
      if (index_ == kCoordinator) QORGAN_CHECK(end(*flight, Phase::aborted, stopped_error()));
    }
  }
  return {};
}

std::int64_t Engine::applied_sequence() const {
  const std::lock_guard lock(mutex_);
  return applied_sequence_;
}

Status Engine::check_new(const protocol::Request& request) const {
  const std::int64_t now = unix_time_ms();
  if (request.created_ms() < now - limits::request_age_ms_max)
    return failure(ErrorCode::stale, "the request is too old", to_hex(request.id),
                   "Ask anew; if this keeps happening, set the desk's clock");
  if (request.created_ms() > now + limits::clock_skew_ms_max)
    return failure(ErrorCode::stale, "the request comes from the future", to_hex(request.id), "Set the desk's clock");
  const auto under_way =
      std::count_if(flights_.begin(), flights_.end(), [](const auto& entry) { return !entry.second->ended(); });
  if (under_way >= limits::requests_waiting_max)
    return failure(ErrorCode::busy, "too many requests are waiting", here(),
                   "Try again in a minute");
  return {};
}

Status Engine::prepare(const protocol::Request& request, ByteView shares) {
  const crypto::Digest digest = request.digest();
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr known, find(request.id));
  if (known) {
    if (known->digest != digest)
      return failure(ErrorCode::stale, "this request id was used before with other content", to_hex(request.id),
                     "Use a new request id");
    return {};
  }
  QORGAN_CHECK(check_new(request));
  auto flight = std::make_shared<Flight>();
  flight->request = request;
  flight->digest = digest;
  QORGAN_TRY(flight->shares, parse_list(shares, request.fingers.size(), index_));
  flight->updated_ms = unix_time_ms();
  fault_point("prepare.before");
  QORGAN_CHECK(store_.put_request(to_row(*flight)));
  fault_point("prepare.after");
  flights_[request.id] = std::move(flight);
  changed_.notify_all();
  return {};
}

// A null pointer where the id is unknown.
Result<Engine::FlightPtr> Engine::find(const protocol::RequestId& id) {
  const auto found = flights_.find(id);
  if (found != flights_.end()) return found->second;
  QORGAN_TRY(const std::optional<store::RequestRow> row, store_.find_request(id));
  if (!row) return FlightPtr();
  QORGAN_TRY(FlightPtr flight, from_row(*row, index_));
  flights_[id] = flight;
  return flight;
}

Result<Engine::FlightPtr> Engine::known(const protocol::RequestId& id) {
  QORGAN_TRY(FlightPtr flight, find(id));
  if (!flight)
    return failure(ErrorCode::not_found, "a request that this custodian does not know",
                   here() + ", request " + to_hex(id));
  return flight;
}

Result<Answer> Engine::wait_for_end(const protocol::RequestId& id, Deadline deadline) {
  std::unique_lock lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known(id));
  if (!changed_.wait_until(lock, deadline.at(), [&] { return flight->ended() || stopping_; }) || !flight->ended())
    return failure(ErrorCode::undecided, "the request is not decided yet", here(),
                   "Repeat it with --request-id " + to_hex(id));
  if (flight->phase == Phase::aborted) return Answer{flight->error, flight->request, {}, 0, {}};
  return Answer{{}, flight->request, flight->result, flight->compared, flight->work};
}

Result<CommonDigests> Engine::vote(const protocol::RequestId& id, const crypto::Digest& digest, Deadline deadline) {
  std::unique_lock lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, wait_for(id, deadline, lock));
  if (flight->phase == Phase::aborted) return tl::unexpected(flight->error);
  if (flight->digest != digest)
    return failure(ErrorCode::refused, "the desk told the custodians different requests", here());
  if (flight->phase != Phase::prepared && flight->phase != Phase::agreed)
    return failure(ErrorCode::stale, "the request was decided before", here());
  QORGAN_CHECK(check_subject(flight->request));
  if (flight->phase == Phase::prepared) {
    flight->phase = Phase::agreed;
    flight->updated_ms = unix_time_ms();
    fault_point("vote.before");
    QORGAN_CHECK(store_.put_request(to_row(*flight)));
    fault_point("vote.after");
  }
  return common_digests(flight->shares);
}

Result<CommonDigests> Engine::digests(const protocol::RequestId& id, Deadline deadline) {
  std::unique_lock lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, wait_for(id, deadline, lock));
  return common_digests(flight->shares);
}

Result<Engine::FlightPtr> Engine::wait_for(const protocol::RequestId& id, Deadline deadline,
                                           std::unique_lock<std::mutex>& lock) {
  while (true) {
    QORGAN_TRY(FlightPtr flight, find(id));
    if (flight) return flight;
    if (stopping_ || changed_.wait_until(lock, deadline.at()) == std::cv_status::timeout)
      return failure(ErrorCode::unavailable, "the desk did not bring its request to every custodian",
                     here(), "Ask again");
  }
}

Status Engine::check_subject(const protocol::Request& request) const {
  if (!protocol::has_subject(request.kind)) return {};
  const Gallery::Person person = gallery_.find(request.subject);
  if (request.kind == Kind::enrol) {
    if (person)
      return failure(ErrorCode::already_exists, "this person is enrolled already", {},
                     "Erase the old enrolment first, or verify against it");
    return {};
  }
  if (!person) return failure(ErrorCode::not_found, "nobody is enrolled under this ID number");
  const bool shares_a_finger =
      request.kind == Kind::erase ||
      std::any_of(person->fingers.begin(), person->fingers.end(), [&](const FingerShares& finger) {
        return std::binary_search(request.fingers.begin(), request.fingers.end(), finger.position());
      });
  if (!shares_a_finger)
    return failure(ErrorCode::not_found, "none of these fingers is enrolled for this person", {},
                   "Use a finger that was enrolled");
  return {};
}

Status Engine::apply(const store::Operation& operation) {
  const std::lock_guard lock(mutex_);
  return apply_locked(operation);
}

// The coordinator decides when, never what: this custodian does only what it has voted for itself.
Status Engine::check_operation(const store::Operation& operation, const Flight& flight) const {
  const bool enrols = operation.kind == store::OperationKind::enrol;
  const Gallery::Person person = gallery_.find(flight.request.subject);
  const bool right_kind = flight.request.kind == (enrols ? Kind::enrol : Kind::erase);
  const bool right_record =
      enrols ? operation.record_id == flight.request.record_id() : person && operation.record_id == person->record_id;
  if (flight.phase != Phase::agreed || !right_kind || !right_record)
    return failure(ErrorCode::refused, "an operation that this custodian has not agreed to",
                   here() + ", request " + to_hex(operation.request_id));
  return {};
}

Status Engine::apply_locked(const store::Operation& operation) {
  if (operation.sequence <= applied_sequence_) return {};
  if (operation.sequence != applied_sequence_ + 1)
    return failure(ErrorCode::stale, "an operation came out of order", here());
  QORGAN_TRY(const FlightPtr flight, known(operation.request_id));
  QORGAN_CHECK(check_operation(operation, *flight));
  const std::int64_t now = unix_time_ms();
  fault_point("apply.before");
  if (operation.kind == store::OperationKind::enrol) {
    const store::Record record = to_record(flight->request, flight->shares, operation.sequence);
    QORGAN_CHECK(store_.apply_enrol(operation.sequence, operation.request_id, record, now));
    PersonShares person{record.record_id, record.pseudonym, record.enrolled_seq, {}};
    for (std::size_t i = 0; i < flight->shares.size(); ++i)
      person.fingers.emplace_back(flight->request.fingers[i], flight->shares[i]);
    gallery_.add(std::move(person));
  } else {
    if (Status erased = store_.apply_erase(operation.sequence, operation.request_id, operation.record_id, now);
        !erased) {
      // The record may be gone with only the log's last cleaning left to do; then it is erased, and the cleaning comes
      // with the next erasure or start.
      const auto applied = store_.applied_sequence();
      if (!applied || *applied != operation.sequence) return erased;
      spdlog::error("an erasure is done but for its cleaning: {}", erased.error().message());
    }
    gallery_.remove(operation.record_id);
  }
  fault_point("apply.after");
  applied_sequence_ = operation.sequence;
  flight->phase = Phase::committed;
  flight->sequence = operation.sequence;
  flight->updated_ms = now;
  flight->shares.clear();
  changed_.notify_all();
  return {};
}

Result<std::int64_t> Engine::decide(const protocol::RequestId& id) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known(id));
  if (flight->phase == Phase::aborted) return tl::unexpected(flight->error);
  QORGAN_CHECK(check_subject(flight->request));
  store::Operation operation;
  operation.sequence = applied_sequence_ + 1;
  operation.request_id = id;
  if (flight->request.kind == Kind::enrol) {
    operation.kind = store::OperationKind::enrol;
    operation.record_id = flight->request.record_id();
  } else {
    operation.kind = store::OperationKind::erase;
    operation.record_id = gallery_.find(flight->request.subject)->record_id;
  }
  QORGAN_CHECK(apply_locked(operation));
  return operation.sequence;
}

Result<std::vector<store::Operation>> Engine::operations_after(std::int64_t sequence, std::size_t count_max) {
  const std::lock_guard lock(mutex_);
  return store_.operations_after(sequence, count_max);
}

Result<Engine::Snapshot> Engine::take_snapshot(const protocol::RequestId& id, std::int64_t sequence,
                                               Deadline deadline) {
  std::unique_lock lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known(id));
  const bool caught_up = changed_.wait_until(
      lock, deadline.at(), [&] { return stopping_ || flight->ended() || applied_sequence_ >= sequence; });
  if (flight->phase == Phase::aborted) return tl::unexpected(flight->error);
  if (!caught_up || stopping_ || applied_sequence_ != sequence)
    return failure(ErrorCode::unavailable, "a custodian is not at the state that the comparison needs",
                   here(), "Ask again");
  if (flight->request.kind == Kind::verify) {
    QORGAN_CHECK(check_subject(flight->request));
    flight->snapshot = {gallery_.find(flight->request.subject)};
  } else {
    flight->snapshot = gallery_.everyone();
  }
  std::erase_if(flight->snapshot, [&](const Gallery::Person& person) {
    return std::none_of(person->fingers.begin(), person->fingers.end(), [&](const FingerShares& finger) {
      return std::binary_search(flight->request.fingers.begin(), flight->request.fingers.end(), finger.position());
    });
  });
  flight->order.clear();
  Bytes ids;
  ids.reserve(flight->snapshot.size() * 16);
  for (const Gallery::Person& person : flight->snapshot) {
    flight->order.push_back(person->record_id);
    ids.insert(ids.end(), person->record_id.begin(), person->record_id.end());
  }
  flight->has_snapshot = true;
  flight->order_digest = crypto::sha256(ids);
  return Snapshot{flight->snapshot.size(), flight->order_digest};
}

Result<Engine::Ticket> Engine::ticket(const protocol::RequestId& id) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known(id));
  return Ticket{flight->request, flight->digest, flight->phase};
}

Result<Engine::ComparisonInput> Engine::take_comparison(const protocol::RequestId& id) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known(id));
  if (flight->phase == Phase::aborted) return tl::unexpected(flight->error);
  if (flight->phase != Phase::agreed || !flight->has_snapshot)
    return failure(ErrorCode::stale, "a comparison that is not ready to run, or has run",
                   here(), "Ask anew");
  flight->has_snapshot = false;
  return ComparisonInput{flight->request, flight->digest, flight->order_digest, std::exchange(flight->shares, {}),
                         std::exchange(flight->snapshot, {})};
}

Status Engine::store_result(const protocol::RequestId& id, Bytes result, std::size_t compared, const Work& work) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known(id));
  if (flight->phase == Phase::aborted) return tl::unexpected(flight->error);
  flight->result = std::move(result);
  flight->compared = compared;
  flight->work = work;
  flight->phase = Phase::ran;
  flight->updated_ms = unix_time_ms();
  fault_point("result.before");
  QORGAN_CHECK(store_.put_request(to_row(*flight)));
  fault_point("result.after");
  return {};
}

Status Engine::commit_comparison(const protocol::RequestId& id) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known(id));
  if (flight->phase == Phase::committed) return {};
  if (flight->phase != Phase::ran)
    return failure(ErrorCode::stale, "a comparison without a result cannot be committed",
                   here());
  fault_point("commit.before");
  QORGAN_CHECK(end(*flight, Phase::committed, {}));
  fault_point("commit.after");
  return {};
}

Status Engine::release_if_ran(const protocol::RequestId& id) {
  {
    const std::lock_guard lock(mutex_);
    QORGAN_TRY(const FlightPtr flight, known(id));
    if (flight->phase != Phase::ran) return {};
  }
  return commit_comparison(id);
}

Status Engine::abort(const protocol::RequestId& id, const Error& reason) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, find(id));
  if (!flight || flight->ended()) return {};
  fault_point("abort.before");
  QORGAN_CHECK(end(*flight, Phase::aborted, reason));
  fault_point("abort.after");
  return {};
}

Status Engine::end(Flight& flight, Phase phase, const Error& reason) {
  const Phase before = flight.phase;
  const std::int64_t updated_before = flight.updated_ms;
  flight.phase = phase;
  flight.error = reason;
  flight.updated_ms = unix_time_ms();
  if (Status written = store_.put_request(to_row(flight)); !written) {
    // In memory it must not be further than on disk.
    flight.phase = before;
    flight.updated_ms = updated_before;
    return written;
  }
  flight.shares.clear();
  flight.snapshot.clear();
  if (phase == Phase::aborted) {
    crypto::wipe(flight.result);
    flight.result.clear();
    flight.order.clear();
  }
  changed_.notify_all();
  return {};
}

Result<Engine::Decision> Engine::decision_of(const protocol::RequestId& id) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, find(id));
  // One that never came here cannot have been decided, and the age limit keeps it from coming much later; until then it
  // is turned away at the vote of the custodian that gave it up.
  if (!flight) return Decision{Phase::aborted, stopped_error()};
  return Decision{flight->phase, flight->error};
}

std::vector<protocol::RequestId> Engine::undecided(std::int64_t longer_than_ms) const {
  const std::lock_guard lock(mutex_);
  const std::int64_t before = unix_time_ms() - longer_than_ms;
  std::vector<protocol::RequestId> ids;
  for (const auto& [id, flight] : flights_)
    if (!flight->ended() && flight->updated_ms <= before) ids.push_back(id);
  return ids;
}

Status Engine::purge() {
  const std::lock_guard lock(mutex_);
  const std::int64_t before = unix_time_ms() - limits::request_kept_ms;
  std::erase_if(flights_,
                [&](const auto& entry) { return entry.second->ended() && entry.second->updated_ms < before; });
  return store_.purge_requests(before);
}

Result<std::vector<protocol::RecordId>> Engine::use_lookups(const protocol::RequestId& id, const std::string& desk,
                                                            int count) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known(id));
  if (flight->request.kind != Kind::identify || flight->request.desk != desk || flight->phase != Phase::committed)
    return failure(ErrorCode::refused, "there is no identification of this desk's to look candidates up in", here());
  if (flight->order.empty() && flight->compared > 0)
    return failure(ErrorCode::stale, "the order of this identification is no longer kept", here(), "Identify again");
  if (flight->lookups + count > limits::lookups_per_request_max)
    return failure(ErrorCode::refused, "this identification's lookups are used up", here(), "Identify again");
  flight->lookups += count;
  return flight->order;
}

void Engine::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

}  // namespace qorgan::custodian
