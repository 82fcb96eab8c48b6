#include "custodian/engine.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/limits.h"
#include "custodian/fault.h"
#include "custodian/person.h"
#include "custodian/share_list.h"
#include "net/json_fields.h"
#include "net/message.h"
#include "rights/secret.h"

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

constexpr std::size_t kViewKeyBytes = crypto::Key::size_bytes;

std::size_t view_key_bytes(const protocol::Request& request) {
  return request.kind == Kind::enrol ? kViewKeyBytes : 0;
}

Status read_payload(ByteView payload, int custodian, Flight& flight) {
  const std::size_t key_bytes = view_key_bytes(flight.request);
  if (payload.size() < key_bytes)
    return failure(ErrorCode::damaged, "an enrolment without its view key", "custodian " + std::to_string(custodian));
  if (key_bytes > 0) flight.view_key = crypto::Key(payload.first<kViewKeyBytes>());
  QORGAN_TRY(flight.shares, parse_list(payload.subspan(key_bytes), flight.request.fingers.size(), custodian));
  return {};
}

// The view key and the shares, as they came; after them the terms, once they are known. All of it goes at the end.
crypto::SecretBytes payload_of(const Flight& flight) {
  const crypto::SecretBytes list = serialise_list(flight.shares);
  const std::string terms = flight.terms ? flight.terms->text() : std::string();
  crypto::SecretBytes all(kViewKeyBytes + list.size() + terms.size());
  const auto out = all.expose_mutable();
  std::copy(flight.view_key.expose().begin(), flight.view_key.expose().end(), out.begin());
  std::copy(list.expose().begin(), list.expose().end(), out.subspan(kViewKeyBytes).begin());
  std::copy(terms.begin(), terms.end(), out.subspan(kViewKeyBytes + list.size()).begin());
  return all;
}

// The reverse, for what this custodian has stored itself.
Status read_stored_payload(ByteView payload, int custodian, Flight& flight) {
  const std::size_t shares_end =
      view_key_bytes(flight.request) + flight.request.fingers.size() * mpc::serialised_bytes(custodian);
  if (payload.size() < shares_end)
    return failure(ErrorCode::damaged, "a stored request is cut short", "custodian " + std::to_string(custodian));
  QORGAN_CHECK(read_payload(payload.first(shares_end), custodian, flight));
  const ByteView terms = payload.subspan(shares_end);
  if (terms.empty()) return {};
  QORGAN_TRY(flight.terms, parse_terms({reinterpret_cast<const char*>(terms.data()), terms.size()}));
  return {};
}

// A comparison's probe need not outlive this process: if it stops, the comparison is aborted. An enrolment's shares
// must.
store::RequestRow to_row(const Flight& flight) {
  store::RequestRow row;
  row.request_id = flight.request.id;
  row.state = stored_state(flight.phase);
  row.digest = flight.digest;
  const net::Json json = {{"request", protocol::to_json(flight.request)},
                          {"common_own", to_hex(flight.common.own)},
                          {"common_next", to_hex(flight.common.next)},
                          {"one_bit", flight.one_bit}};
  row.request_json = json.dump();
  row.updated_ms = flight.updated_ms;
  row.sequence = flight.sequence;
  if (flight.request.kind == Kind::enrol && !flight.ended()) row.payload = payload_of(flight);
  row.result = crypto::SecretBytes(ByteView(flight.result));
  row.compared = static_cast<std::int64_t>(flight.compared);
  if (flight.phase == Phase::aborted) row.error_json = net::error_message(flight.error).head.dump();
  return row;
}

Result<std::shared_ptr<Flight>> from_row(const store::RequestRow& row, int custodian) {
  auto flight = std::make_shared<Flight>();
  QORGAN_TRY(const net::Json json, net::parse_json_object(row.request_json));
  QORGAN_TRY(const net::Json* request, net::object_field(json, "request"));
  QORGAN_TRY(flight->request, protocol::request_from_json(*request));
  QORGAN_TRY(flight->common.own, net::hex_field<32>(json, "common_own"));
  QORGAN_TRY(flight->common.next, net::hex_field<32>(json, "common_next"));
  if (json.contains("one_bit")) {  // not in what was stored before there were such answers
    QORGAN_TRY(flight->one_bit, net::bool_field(json, "one_bit"));
  }
  flight->digest = row.digest;
  flight->phase = phase_of(row.state);
  flight->updated_ms = row.updated_ms;
  flight->sequence = row.sequence;
  if (row.payload.size() > 0) QORGAN_CHECK(read_stored_payload(row.payload.expose(), custodian, *flight));
  flight->result.assign(row.result.expose().begin(), row.result.expose().end());
  flight->compared = static_cast<std::size_t>(row.compared);
  if (!row.error_json.empty()) {
    net::Message message;
    QORGAN_TRY(message.head, net::parse_json_object(row.error_json));
    flight->error = net::error_of(message).value_or(Error{ErrorCode::damaged, "an abort without a reason", {}, {}});
  }
  return flight;
}

bool is_open_to(const PersonShares& person, const LeaveOut& leave_out) {
  const bool locked = (person.flags & store::kLocked) != 0 && leave_out.locked;
  const bool withdrawn = (person.flags & store::kWithdrawn) != 0 && leave_out.withdrawn;
  return !locked && !withdrawn;
}

Error stopped_error(const std::string& custodian) {
  return {ErrorCode::unavailable, "a custodian stopped before the request was decided", custodian,
          "Nothing was stored or answered; ask again"};
}

// For this custodian's log the whole of it; whoever asked is told whose trouble it is, not the names of its files.
template <class R>
R told_apart(R outcome, const std::string& custodian) {
  if (outcome) return outcome;
  spdlog::error("{}", outcome.error().message());
  outcome.error().where = custodian;
  outcome.error().remedy = "Its operator must see to it, then ask again";
  return outcome;
}

}  // namespace

Status check_recovered(store::Store& store, const std::string& where) {
  QORGAN_TRY(const bool unfinished, store.is_recovering());
  if (!unfinished) return {};
  return failure(ErrorCode::unavailable, "this custodian's recovery has not ended", where,
                 "Recover this custodian again");
}

Result<std::unique_ptr<Engine>> Engine::open(int index, EngineParts parts) {
  std::unique_ptr<Engine> engine(new Engine(index, std::move(parts)));
  QORGAN_CHECK(engine->load());
  return engine;
}

Status Engine::load() {
  QORGAN_TRY(applied_sequence_, store_.applied_sequence());
  QORGAN_CHECK(check_recovered(store_, here()));
  QORGAN_CHECK(load_people());
  QORGAN_CHECK(load_counts());
  QORGAN_CHECK(match_entries_with_log());
  QORGAN_CHECK(load_hidden());
  return load_requests();
}

Status Engine::load_people() {
  return store_.load_all([this](store::Record&& record) -> Status {
    QORGAN_TRY(PersonShares person, to_person(std::move(record), index_));
    gallery_.add(std::move(person));
    return {};
  });
}

// Quotas go on where they were. Of names nothing but keyed hashes is written.
Status Engine::load_counts() {
  QORGAN_CHECK(drop_old_counts());
  QORGAN_TRY(const std::vector<store::NamedText> notes, store_.notes_with_prefix(Judge::kNotePrefix));
  return judge_->begin_counting([this](const std::string& name) { return store_.hidden_name(name); }, notes);
}

// Bounds what is kept by the names of a day, of which the counter has so many at most (limits::quota_names_max).
Status Engine::drop_old_counts() {
  if (!old_counts_.passed()) return {};
  old_counts_ = Deadline::after_ms(limits::quota_notes_dropped_every_ms);
  QORGAN_TRY(const std::vector<store::NamedText> notes, store_.notes_with_prefix(Judge::kNotePrefix));
  for (const store::NamedText& note : notes) {
    QORGAN_TRY(const bool over, judge_->is_over(note));
    if (over) QORGAN_CHECK(store_.drop_note(note.name));
  }
  return {};
}

// What was written down and is not marked as logged is in the log after all, or goes there now; but for what agreed to
// a request that this custodian then did not come to vote for.
Status Engine::match_entries_with_log() {
  QORGAN_CHECK(match_indices());
  QORGAN_TRY(const std::vector<store::Entry> left, store_.pending_entries(SIZE_MAX));
  for (const store::Entry& entry : left) {
    const auto leaf = ledger::parse_leaf(entry.leaf);
    if (leaf && ledger::is_agreed(leaf->event)) QORGAN_CHECK(store_.drop_entry(entry.number));
  }
  entries_pending_ = true;
  return {};
}

Status Engine::match_indices() {
  QORGAN_TRY(const std::uint64_t known, entries_known());
  QORGAN_TRY(const std::vector<store::Entry> pending, store_.pending_entries(SIZE_MAX));
  const std::uint64_t size = log_->size();
  std::size_t next = 0;
  for (std::uint64_t from = known; from < size;) {
    const std::uint64_t to = std::min<std::uint64_t>(size, from + limits::log_entries_read_max);
    QORGAN_TRY(const std::vector<Bytes> logged, log_->entries(from, to));
    for (const Bytes& leaf : logged) {
      // In the order in which they were written down.
      while (next < pending.size() &&
             !std::equal(leaf.begin(), leaf.end(), pending[next].leaf.begin(), pending[next].leaf.end()))
        ++next;
      if (next == pending.size())
        return failure(ErrorCode::damaged, "the log knows of more than the database does",
                       here() + ", entry " + std::to_string(from), "The database was set back: recover this custodian");
      QORGAN_CHECK(mark_logged(std::span(pending).subspan(next++, 1), from++));
    }
  }
  return {};
}

Status Engine::load_requests() {
  for (const RequestState state : {RequestState::prepared, RequestState::agreed, RequestState::ran}) {
    QORGAN_TRY(const std::vector<store::RequestRow> rows, store_.requests_in(state));
    for (const store::RequestRow& row : rows) {
      QORGAN_TRY(FlightPtr flight, from_row(row, index_));
      flight->deadline = deadline_of(flight->request);
      flight->begun = flight->phase != Phase::prepared;  // whether it had is not known any more
      QORGAN_TRY(const std::vector<store::Entry> entries, store_.entries_of_request(flight->request.id));
      for (const store::Entry& entry : entries) {
        if (!is_agreed(entry)) continue;
        flight->entered = true;
        if (entry.index) flight->logged = static_cast<std::uint64_t>(*entry.index);
      }
      flights_[flight->request.id] = flight;
      // What the coordinator has not decided is aborted. So is a comparison that has lost its probe before this
      // custodian had a result: without one it cannot have been committed.
      const bool lost = protocol::is_comparison(flight->request.kind) && flight->phase != Phase::ran;
      if (index_ == kCoordinator || lost) QORGAN_CHECK(end(*flight, Phase::aborted, stopped_error(here())));
    }
  }
  return {};
}

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

Status Engine::check_new(const protocol::Request& request) const {
  QORGAN_CHECK(check_age(request.id));
  return check_room(request);
}

Status Engine::check_room(const protocol::Request& request) const {
  const auto count = [&](auto counts) {
    return std::count_if(flights_.begin(), flights_.end(),
                         [&](const auto& entry) { return !entry.second->ended() && counts(entry.second->request); });
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
  if (!changed_.wait_until(lock, deadline.at(), [&] { return flight->ended() || stopping_; }) || !flight->ended())
    return failure(ErrorCode::undecided, "the request is not decided yet", here(),
                   "Repeat it with --request-id " + to_hex(id));
  QORGAN_CHECK(wait_refusal_published(*flight, deadline, lock));
  if (flight->phase == Phase::aborted) return Answer{flight->error, flight->request, {}, 0, false, {}, {}};
  return Answer{{},           flight->request,        flight->result, flight->compared, flight->one_bit,
                flight->work, flight->judgement.terms};
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
  QORGAN_CHECK(wait_refusal_published(*flight, deadline, lock));
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
  QORGAN_CHECK(wait_refusal_published(*flight, deadline, lock));
  QORGAN_CHECK(check_votable(*flight, digest));
  if (flight->phase == Phase::agreed) return {};
  if (!flight->entered) {
    if (const Status entered = enter(*flight); !entered) {
      QORGAN_CHECK(wait_refusal_published(*flight, deadline, lock));
      return entered;
    }
  }
  QORGAN_CHECK(wait_logged(*flight, deadline, lock));
  const std::uint64_t index = *flight->logged;
  lock.unlock();
  QORGAN_CHECK(told_apart(log_->wait_published(index, deadline), here()));
  lock.lock();
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

// Nobody is told of a refusal before the log shows it: what it was refused for may say whether somebody is enrolled.
Status Engine::wait_refusal_published(const Flight& flight, Deadline deadline, std::unique_lock<std::mutex>& lock) {
  if (flight.phase != Phase::aborted) return {};
  return wait_entries_published(flight.request.id, ledger::Event::refused, deadline, lock);
}

Status Engine::wait_logged(Flight& flight, Deadline deadline, std::unique_lock<std::mutex>& lock) {
  const bool in_time = changed_.wait_until(
      lock, deadline.at(), [&] { return stopping_ || flight.logged || flight.log_error || flight.ended(); });
  if (flight.phase == Phase::aborted) return tl::unexpected(flight.error);
  if (flight.log_error) return told_apart(Status(tl::unexpected(*flight.log_error)), here());
  if (stopping_) return failure(ErrorCode::unavailable, "this custodian is stopping", here(), "Ask again");
  if (!in_time || !flight.logged)
    return failure(ErrorCode::timeout, "a custodian's log did not take the request in time", here(), "Ask again");
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

Result<Engine::Ticket> Engine::ticket(const protocol::RequestId& id) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known(id));
  return Ticket{flight->request,  flight->digest,           flight->phase,
                flight->deadline, flight->stop.get_token(), flight->judgement.leave_out(),
                flight->one_bit};
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
  return Progress{flight->ended(), flight->progress->pairs_done, flight->progress->pairs_all};
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
    // A refusal is as good as not decided for as long as the log does not show it.
    QORGAN_TRY(const bool published, are_published(id, ledger::Event::refused));
    if (!published) return Decision{Phase::prepared, {}, applied_sequence_};
  }
  if (flight) return Decision{flight->phase, flight->error, applied_sequence_};
  // Requests are dropped after a time; operations never are.
  QORGAN_TRY(const auto operation, store_.find_operation(id));
  if (operation) return Decision{Phase::committed, {}, applied_sequence_};
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
  // What has ended is read from the store when it is asked for again; only an identification's order is not there.
  std::erase_if(flights_, [&](const auto& entry) {
    const Flight& flight = *entry.second;
    const std::int64_t kept_ms = flight.order.empty() ? limits::flight_kept_ms : limits::order_kept_ms;
    return flight.ended() && flight.updated_ms < now - kept_ms;
  });
  QORGAN_CHECK(drop_old_counts());
  return store_.purge_requests(now - limits::request_kept_ms);
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
