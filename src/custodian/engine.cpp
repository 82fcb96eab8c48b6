#include "custodian/engine.h"

#include <algorithm>

#include "base/limits.h"
#include "custodian/fault.h"
#include "custodian/flight_row.h"
#include "custodian/person.h"
#include "custodian/told_apart.h"
#include "rights/secret.h"

namespace qorgan::custodian {

using protocol::Kind;

namespace {

// What the log must show of a request that came to nothing before its end is told. All of it to a desk; others hold the
// record themselves.
std::optional<ledger::Event> events_to_show(const Flight& flight) {
  if (flight.request.asker == protocol::Asker::desk) return std::nullopt;
  return ledger::Event::refused;
}

}  // namespace

std::int64_t Engine::applied_sequence() const {
  const std::lock_guard lock(mutex_);
  return applied_sequence_;
}

Status Engine::check_age(const protocol::RequestId& id) const {
  const std::int64_t now = unix_time_ms();
  if (protocol::created_ms(id) < now - limits::request_age_ms_max)
    return failure(ErrorCode::stale, "the request is too old", to_hex(id),
                   "Ask anew; if this keeps happening, set the desk's clock");
  if (protocol::created_ms(id) > now + limits::clock_skew_ms_max)
    return failure(ErrorCode::stale, "the request comes from the future", to_hex(id), "Set the desk's clock");
  return {};
}

Status Engine::check_new(const protocol::Request& request) {
  QORGAN_CHECK(check_age(request.id));
  return check_room(request);
}

// What a desk may not be told of yet keeps its place as if it were under way.
Status Engine::check_room(const protocol::Request& request) {
  std::vector<const protocol::Request*> waiting;
  for (const auto& [id, flight] : flights_) {
    bool is_over = flight->ended();
    if (is_over && flight->request.asker == protocol::Asker::desk) {
      QORGAN_TRY(is_over, may_tell_end(*flight));
    }
    if (!is_over) waiting.push_back(&flight->request);
  }
  const auto count = [&](auto counts) {
    return std::count_if(waiting.begin(), waiting.end(),
                         [&](const protocol::Request* other) { return counts(*other); });
  };
  const auto of_desk = [&](const protocol::Request& other) {
    return other.asker == protocol::Asker::desk && other.desk == request.desk;
  };
  const auto of_subject = [](const protocol::Request& other) { return other.asker == protocol::Asker::subject; };
  const auto of_record = [&](const protocol::Request& other) {
    return of_subject(other) && other.record == request.record;
  };
  const auto search = [](const protocol::Request& other) { return other.kind == Kind::identify; };
  const auto search_of_desk = [&](const protocol::Request& other) { return search(other) && of_desk(other); };
  const auto busy = [&](const char* what) { return failure(ErrorCode::busy, what, here(), "Try again in a minute"); };
  // Subjects have places of their own, each a few, so that no desk and no other subject takes them.
  if (request.asker == protocol::Asker::subject) {
    if (count(of_record) >= limits::requests_of_subject_max) return busy("other requests of this person are waiting");
    if (count(of_subject) >= limits::requests_of_subjects_max) return busy("too many people's requests are waiting");
    return {};
  }
  if (request.asker == protocol::Asker::desk && count(of_desk) >= limits::requests_of_desk_max)
    return busy("too many requests of this desk are waiting");
  if (count([](const protocol::Request&) { return true; }) >= limits::requests_waiting_max)
    return busy("too many requests are waiting");
  if (request.kind != Kind::identify) return {};
  if (count(search_of_desk) >= limits::searches_of_desk_max) return busy("too many searches of this desk are waiting");
  if (count(search) >= limits::searches_waiting_max) return busy("too many searches are waiting");
  return {};
}

Status Engine::prepare(const protocol::Request& request, ByteView payload) {
  const crypto::Digest digest = request.digest();
  const std::lock_guard lock(mutex_);
  if (stopping_) return failure(ErrorCode::unavailable, "this custodian is stopping", here(), "Ask again");
  auto flight = std::make_shared<Flight>();
  flight->request = request;
  flight->digest = digest;
  QORGAN_CHECK(read_payload(payload, index_, *flight));
  flight->common = common_digests(flight->shares);
  if (request.kind == Kind::enrol && rights::view_commitment(flight->view_key) != request.view_commitment)
    return failure(ErrorCode::damaged, "the view key is not the one that the request speaks of", here());
  QORGAN_TRY(const FlightPtr known, find(request.id));
  if (known) {
    if (known->digest != digest || known->common != flight->common) return used_before(*known, request);
    return {};
  }
  flight->updated_ms = unix_time_ms();
  flight->deadline = deadline_of(request);
  if (Status fresh = check_new(request); !fresh) return turn_away(std::move(flight), fresh.error());
  fault_point("prepare.before");
  if (Status written = put(*flight); !written) return turn_away(std::move(flight), written.error());
  fault_point("prepare.after");
  flights_[request.id] = std::move(flight);
  changed_.notify_all();
  return {};
}

// Content that differs is refused, whatever it is. Whoever repeats an enrolment of their own that was confirmed has
// forgotten its secret by then, and so cannot send the same again: they are told that it was done. That is no news to
// that desk, and it says nothing of what became of the record since.
Status Engine::used_before(const Flight& known, const protocol::Request& request) const {
  const protocol::Request& before = known.request;
  const bool is_done = known.phase == Phase::committed && before.kind == Kind::enrol && request.kind == Kind::enrol;
  const bool is_same_desk = before.asker == protocol::Asker::desk && before.desk == request.desk;
  const bool is_forgotten = before.subject == request.subject && before.access_key != request.access_key;
  if (is_done && is_same_desk && is_forgotten)
    return failure(ErrorCode::already_exists,
                   "this request has enrolled the person before, and its receipt was issued then", to_hex(request.id),
                   "Use that receipt; where it or its secret is lost, erase the record and enrol anew");
  return failure(ErrorCode::stale, "this request id was used before with other content", to_hex(request.id),
                 "Use a new request id");
}

// Remembered in memory for a while, so that the others, who may have taken the request in, hear why at once instead of
// waiting for a copy that will not come here.
Status Engine::turn_away(FlightPtr flight, const Error& reason) {
  if (flights_.size() < limits::flights_in_memory_max) {
    flight->phase = Phase::aborted;
    flight->error = reason;
    flight->published = true;
    flight->shares.clear();
    flights_[flight->request.id] = std::move(flight);
    changed_.notify_all();
  }
  return tl::unexpected(reason);
}

// A null pointer where the id is unknown.
Result<Engine::FlightPtr> Engine::find(const protocol::RequestId& id) {
  const auto found = flights_.find(id);
  if (found != flights_.end()) return found->second;
  QORGAN_TRY(const std::optional<store::RequestRow> row, told_apart(store_.find_request(id), here()));
  if (!row) return FlightPtr();
  QORGAN_TRY(FlightPtr flight, from_row(*row, index_));
  flights_[id] = flight;
  return flight;
}

Status Engine::put(const Flight& flight, const store::Along& along) {
  QORGAN_CHECK(told_apart(store_.put_request(to_row(flight), along), here()));
  if (!along.entries.empty()) entries_written();
  return {};
}

void Engine::entries_written() {
  entries_pending_ = true;
  changed_.notify_all();
}

Result<Engine::FlightPtr> Engine::known(const protocol::RequestId& id) {
  QORGAN_TRY(FlightPtr flight, find(id));
  if (!flight)
    return failure(ErrorCode::not_found, "a request that this custodian does not know",
                   here() + ", request " + to_hex(id));
  return flight;
}

// Another desk's is as good as none.
Result<Engine::FlightPtr> Engine::known_of(const protocol::RequestId& id, const std::string& desk) {
  QORGAN_TRY(FlightPtr flight, known(id));
  if (flight->request.desk != desk)
    return failure(ErrorCode::not_found, "a request that this custodian does not know",
                   here() + ", request " + to_hex(id));
  return flight;
}

Result<Answer> Engine::wait_for_end(const protocol::RequestId& id, Deadline deadline) {
  std::unique_lock lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known(id));
  const bool is_told = changed_.wait_until(lock, deadline.at(), [&] { return flight->ended() || stopping_; }) &&
                       flight->ended() && wait_may_tell_end(*flight, deadline, lock);
  if (!is_told)
    return failure(ErrorCode::undecided, "the request is not decided yet", here(),
                   "Repeat it with --request-id " + to_hex(id));
  if (flight->phase == Phase::aborted) {
    const bool is_new = flight->judgement.refused && !std::exchange(flight->refusal_told, true);
    return Answer{flight->error, is_new, flight->request, {}, 0, false, {}, {}};
  }
  return Answer{{},
                false,
                flight->request,
                flight->result,
                flight->compared,
                flight->one_bit,
                flight->work,
                flight->judgement.terms};
}

Result<CommonDigests> Engine::digests(const protocol::RequestId& id, const crypto::Digest& digest,
                                      std::int64_t sequence, Deadline deadline) {
  std::unique_lock lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, wait_for(id, deadline, lock));
  const bool caught_up =
      changed_.wait_until(lock, deadline.at(), [&] { return stopping_ || applied_sequence_ >= sequence; });
  if (!caught_up || stopping_)
    return failure(ErrorCode::unavailable, "a custodian has not caught up with the others yet", here(), "Ask again");
  // What this custodian has refused already, a neighbour may still compare, to judge and log it itself.
  if (flight->phase == Phase::aborted && flight->judgement.refused && flight->digest == digest) return flight->common;
  QORGAN_CHECK(wait_may_tell_end(*flight, deadline, lock));
  QORGAN_CHECK(check_votable(*flight, digest));
  return flight->common;
}

Status Engine::check_votable(const Flight& flight, const crypto::Digest& digest) const {
  const std::string here = "custodian " + std::to_string(index_);
  if (flight.phase == Phase::aborted) return tl::unexpected(flight.error);
  if (flight.digest != digest)
    return failure(ErrorCode::refused, "the desk told the custodians different requests", here);
  if (flight.phase != Phase::prepared && flight.phase != Phase::agreed)
    return failure(ErrorCode::stale, "the request was decided before", here);
  // A comparison's probe does not outlive the process that was given it.
  if (protocol::has_prints(flight.request.kind) && flight.shares.empty())
    return failure(ErrorCode::unavailable, "a custodian started anew in the middle of the request", here, "Ask again");
  // What a desk would hear of who is enrolled is judged and logged first: enter().
  if (flight.request.asker == protocol::Asker::desk && !flight.entered) return {};
  return check_subject(flight.request);
}

Status Engine::vote(const protocol::RequestId& id, const crypto::Digest& digest, Deadline deadline) {
  std::unique_lock lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known(id));
  QORGAN_CHECK(wait_may_tell_end(*flight, deadline, lock));
  QORGAN_CHECK(check_votable(*flight, digest));
  if (flight->phase == Phase::agreed) return {};
  if (!flight->entered) {
    if (const Status entered = enter(*flight); !entered) {
      QORGAN_CHECK(wait_may_tell_end(*flight, deadline, lock));
      return entered;
    }
  }
  QORGAN_CHECK(wait_logged(*flight, deadline, lock));
  const std::uint64_t index = *flight->logged;
  lock.unlock();
  const Status published = log_->wait_published(index, deadline);
  lock.lock();
  if (!published) return not_shown(published.error().code);
  QORGAN_CHECK(check_votable(*flight, digest));
  if (flight->phase == Phase::agreed) return {};
  fault_point("vote.before");
  QORGAN_CHECK(write_phase(*flight, Phase::agreed));
  fault_point("vote.after");
  return {};
}

// Judges, and writes down what the log is to say.
Status Engine::enter(Flight& flight) {
  const protocol::Request& request = flight.request;
  const Gallery::Person person = person_asked_about(request);
  const std::optional<protocol::RequestId> warrant = Judge::warrant_id(request);
  std::int64_t warrant_uses = 0;
  if (warrant) {
    QORGAN_TRY(warrant_uses, told_apart(store_.warrant_uses(*warrant), here()));
  }
  const std::int64_t now = unix_time_ms();
  flight.log_error.reset();
  flight.judgement = judge_->judge(request, person, check_subject(request), warrant_uses, now);
  if (flight.judgement.refused) return refuse(flight, *flight.judgement.refused);
  flight.one_bit = flight.judgement.one_bit;
  if (request.kind == Kind::enrol) flight.terms = terms_of(flight.judgement, now);
  EntrySubject subject;
  if (person) {
    subject = {person->enrolled_seq, &person->view_key};
    flight.about = person->record_id;
  }
  if (request.kind == Kind::enrol) subject = {0, &flight.view_key};
  store::Along along;
  store::Entry entry = agreed_entry(index_, request, flight.judgement, subject, now);
  // An enrolment has no record yet that the opening could be sealed with: it goes into the record's terms.
  if (flight.terms) {
    const crypto::SecretBytes opening = std::exchange(entry.opening, {});
    flight.terms->enrolment_opening.assign(opening.expose().begin(), opening.expose().end());
  }
  along.entries.push_back(std::move(entry));
  along.notes = judge_->counted(request);
  if (flight.judgement.warrant) along.warrant_use = store::WarrantUse{*flight.judgement.warrant, request.id};
  fault_point("enter.before");
  QORGAN_CHECK(put(flight, along));
  fault_point("enter.after");
  flight.entered = true;
  return {};
}

Status Engine::refuse(Flight& flight, Error reason) {
  reason.where = here() + (reason.where.empty() ? "" : ", " + reason.where);
  store::Along along;
  const Gallery::Person person = person_asked_about(flight.request);
  EntrySubject subject;
  if (person) subject = {person->enrolled_seq, &person->view_key};
  along.entries.push_back(
      refused_entry(index_, flight.request, flight.judgement, subject, reason.code, unix_time_ms()));
  fault_point("abort.before");
  QORGAN_CHECK(end(flight, Phase::aborted, reason, std::move(along)));
  fault_point("abort.after");
  return tl::unexpected(std::move(reason));
}

// Nobody is told of a refusal before the log shows it: what it was refused for may say whether somebody is enrolled. A
// desk is not told of any other end either, so that it cannot know a refusal by being told later, or otherwise.
Result<bool> Engine::may_tell_end(Flight& flight) {
  if (!flight.ended()) return false;
  if (flight.phase != Phase::aborted || flight.published) return true;
  QORGAN_TRY(flight.published, are_published(flight.request.id, events_to_show(flight)));
  return flight.published;
}

Status Engine::wait_may_tell_end(Flight& flight, Deadline deadline, std::unique_lock<std::mutex>& lock) {
  if (flight.phase != Phase::aborted || flight.published) return {};
  QORGAN_CHECK(wait_entries_published(flight.request.id, events_to_show(flight), deadline, lock));
  flight.published = true;
  return {};
}

Status Engine::wait_logged(Flight& flight, Deadline deadline, std::unique_lock<std::mutex>& lock) {
  const bool in_time = changed_.wait_until(
      lock, deadline.at(), [&] { return stopping_ || flight.logged || flight.log_error || flight.ended(); });
  if (flight.phase == Phase::aborted) return tl::unexpected(flight.error);
  if (flight.log_error) return told_apart(Status(tl::unexpected(*flight.log_error)), here());
  if (stopping_) return failure(ErrorCode::unavailable, "this custodian is stopping", here(), "Ask again");
  if (!in_time || !flight.logged) return not_shown(ErrorCode::timeout);
  return {};
}

Gallery::Person Engine::person_asked_about(const protocol::Request& request) const {
  if (request.asker != protocol::Asker::desk) return gallery_.find_record(request.record);
  return request.has_subject() ? gallery_.find(request.subject) : nullptr;
}

// In memory a request must not be further than on disk.
Status Engine::write_phase(Flight& flight, Phase phase, const store::Along& along) {
  const Phase phase_before = std::exchange(flight.phase, phase);
  const std::int64_t updated_before = std::exchange(flight.updated_ms, unix_time_ms());
  Status written = put(flight, along);
  if (written) flight.changed_at = std::chrono::steady_clock::now();
  if (!written) {
    flight.phase = phase_before;
    flight.updated_ms = updated_before;
  }
  return written;
}

Result<Engine::FlightPtr> Engine::wait_for(const protocol::RequestId& id, Deadline deadline,
                                           std::unique_lock<std::mutex>& lock) {
  while (true) {
    QORGAN_TRY(FlightPtr flight, find(id));
    if (flight) return flight;
    if (stopping_ || changed_.wait_until(lock, deadline.at()) == std::cv_status::timeout)
      return failure(ErrorCode::unavailable, "the desk did not bring its request to every custodian", here(),
                     "Ask again");
  }
}

Status Engine::check_subject(const protocol::Request& request) const {
  if (request.kind == Kind::identify) return {};
  const Gallery::Person person = person_asked_about(request);
  if (request.kind == Kind::enrol) {
    if (gallery_.size().people >= limits::gallery_people_max)
      return failure(ErrorCode::refused, "the custodians hold as many people as they can compare", {});
    if (person)
      return failure(ErrorCode::already_exists, "this person is enrolled already", {},
                     "Erase the old enrolment first, or verify against it");
    return {};
  }
  if (!person && request.asker != protocol::Asker::desk)
    return failure(ErrorCode::not_found, "there is no record of this handle", {}, "It may have been erased");
  if (!person) return failure(ErrorCode::not_found, "nobody is enrolled under this ID number");
  if (protocol::has_prints(request.kind) && !person->has_any_of(request.fingers))
    return failure(ErrorCode::not_found, "none of these fingers is enrolled for this person", {},
                   "Use a finger that was enrolled");
  return {};
}

Result<Engine::Ticket> Engine::ticket(const protocol::RequestId& id) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known(id));
  return Ticket{flight->request,  flight->digest,           flight->phase,
                flight->deadline, flight->stop.get_token(), flight->judgement.leave_out(),
                flight->one_bit};
}

Status Engine::settle(const protocol::RequestId& id, const Decision& decision) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known(id));
  if (flight->ended()) return {};
  const bool comparison = protocol::is_comparison(flight->request.kind);
  if (decision.phase == Phase::committed && comparison) return commit_locked(*flight);
  // A committed change comes with its number from the coordinator, however late.
  if (decision.phase != Phase::aborted || (!comparison && applied_sequence_ < decision.sequence)) return {};
  fault_point("abort.before");
  QORGAN_CHECK(end(*flight, Phase::aborted, decision.reason));
  fault_point("abort.after");
  return {};
}

Status Engine::abort(const protocol::RequestId& id, const Error& reason) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, find(id));
  if (!flight || flight->ended()) return {};
  fault_point("abort.before");
  const bool knows_better = index_ == kCoordinator && flight->stop_reason;
  QORGAN_CHECK(end(*flight, Phase::aborted, knows_better ? *flight->stop_reason : reason));
  fault_point("abort.after");
  return {};
}

Status Engine::end(Flight& flight, Phase phase, const Error& reason, store::Along along) {
  flight.error = reason;
  if (phase == Phase::aborted && flight.entered) {
    const Gallery::Person person = person_asked_about(flight.request);
    along.entries.push_back(
        aborted_entry(flight.request, person ? person->enrolled_seq : 0, reason.code, unix_time_ms()));
  }
  // A search that has begun counts, whatever came of it: who colludes could have its answer all the same.
  if (phase == Phase::aborted && !flight.request.warrant.empty() && !flight.begun)
    along.warrant_use_dropped = flight.request.id;
  QORGAN_CHECK(write_phase(flight, phase, along));
  flight.shares.clear();
  flight.view_key = crypto::Key();
  flight.snapshot.clear();
  if (phase == Phase::aborted) {
    // Of what this custodian refuses nothing runs: the others are not kept from judging and logging it themselves.
    if (flight.entered) flight.stop.request_stop();
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
  if (flight && flight->phase == Phase::aborted) {
    // As good as not decided for as long as the log does not show it.
    QORGAN_TRY(const bool published, may_tell_end(*flight));
    if (!published) return Decision{Phase::prepared, {}, applied_sequence_};
  }
  if (flight) return Decision{flight->phase, flight->error, applied_sequence_};
  // Requests are dropped after a time; operations never are.
  QORGAN_TRY(const auto operation, store_.find_operation(id));
  if (operation) return Decision{Phase::committed, {}, applied_sequence_};
  QORGAN_TRY(const bool released, was_released(id));
  if (released) return Decision{Phase::committed, {}, applied_sequence_};
  // Its copy may still be on the way here.
  if (protocol::created_ms(id) > unix_time_ms() - 2 * limits::agree_timeout_ms)
    return Decision{Phase::prepared, {}, applied_sequence_};
  return Decision{Phase::aborted,
                  {ErrorCode::unavailable, "the request did not reach every custodian", "custodian 0", "Ask again"},
                  applied_sequence_};
}

std::vector<protocol::RequestId> Engine::undecided(std::int64_t longer_than_ms) const {
  const std::lock_guard lock(mutex_);
  const auto before = std::chrono::steady_clock::now() - std::chrono::milliseconds(longer_than_ms);
  std::vector<protocol::RequestId> ids;
  for (const auto& [id, flight] : flights_)
    if (!flight->ended() && flight->changed_at <= before) ids.push_back(id);
  return ids;
}

Status Engine::purge() {
  const std::lock_guard lock(mutex_);
  const std::int64_t now = unix_time_ms();
  // What has ended is read from the store when it is asked for again; only an identification's order is not there. What
  // may not be told yet keeps its place (check_room).
  std::erase_if(flights_, [&](const auto& entry) {
    Flight& flight = *entry.second;
    const std::int64_t kept_ms = flight.order.empty() ? limits::flight_kept_ms : limits::order_kept_ms;
    return flight.updated_ms < now - kept_ms && may_tell_end(flight).value_or(false);
  });
  QORGAN_CHECK(drop_old_counts());
  return store_.purge_requests(now - limits::request_kept_ms);
}

void Engine::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  for (const auto& [id, flight] : flights_) {
    if (flight->ended() || flight->deciding) continue;
    if (!flight->stop_reason)
      flight->stop_reason = Error{ErrorCode::unavailable, "this custodian is stopping", here(), "Ask again"};
    flight->stop.request_stop();
  }
  changed_.notify_all();
}

}  // namespace qorgan::custodian
