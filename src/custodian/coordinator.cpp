#include "custodian/coordinator.h"

#include <spdlog/spdlog.h>

#include <exception>
#include <thread>

#include "base/limits.h"
#include "crypto/random.h"
#include "custodian/fault.h"
#include "custodian/peer_messages.h"
#include "custodian/run_ends.h"
#include "net/json_fields.h"
#include "protocol/message_types.h"

namespace qorgan::custodian {
namespace {

using net::Message;
using protocol::Kind;
using protocol::RequestId;
namespace type = protocol::type;

// Does something when the scope is left, by whatever way.
template <class Action>
class AtEnd {
 public:
  explicit AtEnd(Action action) : action_(std::move(action)) {}
  ~AtEnd() { action_(); }
  AtEnd(const AtEnd&) = delete;
  AtEnd& operator=(const AtEnd&) = delete;

 private:
  Action action_;
};

std::size_t slot(int custodian) {
  return static_cast<std::size_t>(custodian - 1);
}

}  // namespace

Coordinator::Coordinator(Engine& engine, Peers& peers, Lanes& lanes, const protocol::Network& network)
    : engine_(engine), peers_(peers), lanes_(lanes), network_(network), decided_(engine.applied_sequence()) {
  for (int custodian : {1, 2}) threads_[slot(custodian)] = std::thread([this, custodian] { replicate(custodian); });
}

Coordinator::~Coordinator() {
  stop();
}

void Coordinator::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  for (Turns& turns : lane_turns_) turns.shutdown();
  holds_.shutdown();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

std::array<std::int64_t, 2> Coordinator::applied_by_others() const {
  const std::lock_guard lock(mutex_);
  return applied_;
}

void Coordinator::drive(const RequestId& id) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || !driven_.insert(id).second) return;
  }
  if (Status taken = take_guarded(id); !taken) give_up(id, taken.error());
  const std::lock_guard lock(mutex_);
  driven_.erase(id);
}

bool Coordinator::is_driving(const RequestId& id) const {
  const std::lock_guard lock(mutex_);
  return driven_.contains(id);
}

std::optional<std::size_t> Coordinator::before(const RequestId& id) const {
  for (const Turns& turns : lane_turns_)
    if (const auto count = turns.before(id)) return count;
  return std::nullopt;
}

void Coordinator::give_up(const RequestId& id, const Error& cause) {
  // What failed because it was to stop is not the cause.
  const Error reason = engine_.stop_reason(id).value_or(cause);
  if (Status aborted = engine_.abort(id, reason); !aborted) {
    // Tried again by the daemon's keeper; nobody may be told before it is on disk.
    spdlog::error("cannot record that request {} is aborted: {}", to_hex(id), aborted.error().message());
    return;
  }
  const auto told =
      peers_.call_both([&](int) { return abort_message(id, reason); }, Deadline::after_ms(limits::connect_timeout_ms));
  if (!told)
    spdlog::info("a custodian will ask later that request {} is aborted: {}", to_hex(id), told.error().message());
}

// Memory or threads may run out at any line.
Status Coordinator::take_guarded(const RequestId& id) {
  try {
    return take(id);
  } catch (const std::exception& error) {
    return failure(ErrorCode::busy, "a custodian is out of memory or threads", "custodian 0", "Try again");
  }
}

Status Coordinator::take(const RequestId& id) {
  QORGAN_TRY(const Engine::Ticket ticket, engine_.ticket(id));
  if (ticket.phase == Phase::committed || ticket.phase == Phase::aborted) return {};
  QORGAN_CHECK(check_not_set_back(ticket.deadline.earlier(Deadline::after_ms(limits::agree_timeout_ms))));
  return protocol::is_comparison(ticket.request.kind) ? compare(ticket) : change(ticket, ticket.deadline);
}

tl::unexpected<Error> Coordinator::set_back(int custodian) const {
  return failure(ErrorCode::damaged, "a custodian has applied decisions that the coordinator does not know of",
                 "custodian 0 and " + network_.describe(custodian),
                 "One of the two was set back to an older copy; their operators must restore the newest");
}

// A coordinator that was set back would judge by old records, and give its numbers out a second time.
Status Coordinator::check_not_set_back(Deadline deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline.at(), [&] { return stopping_ || (applied_[0] >= 0 && applied_[1] >= 0); });
  for (int custodian : {1, 2})
    if (applied_[slot(custodian)] > engine_.applied_sequence()) return set_back(custodian);
  return {};
}

// With whom any of the three policies leaves out.
Result<LeaveOut> Coordinator::collect_votes(const Engine::Ticket& ticket, Deadline deadline, Holds::Hold* hold) {
  const RequestId& id = ticket.request.id;
  const Deadline soon = deadline.earlier(Deadline::after_ms(limits::agree_timeout_ms));
  const std::int64_t sequence = engine_.applied_sequence();
  QORGAN_TRY(const CommonDigests common, engine_.digests(id, ticket.digest, sequence, soon));
  // The others wait as long for their own copy, then answer; the question gets a little longer than they do.
  const Deadline answered = deadline.earlier(Deadline::after_ms(2 * limits::agree_timeout_ms));
  const auto question = [&](int custodian) {
    return agree_message(id, ticket.digest, custodian == 1 ? common.next : common.own, sequence);
  };
  // Each logs what it agrees to before it says so: all at the same time.
  Status own;
  Result<std::array<Message, 2>> asked;
  {
    const std::jthread mine([&] {
      own = engine_.vote(id, ticket.digest, answered);
      if (!own && hold) hold->give_back();
    });
    asked = peers_.call_vote_both(question, answered, ticket.stop);
  }
  QORGAN_CHECK(own);
  QORGAN_TRY(const auto votes, std::move(asked));
  QORGAN_TRY(const Engine::Ticket voted, engine_.ticket(id));
  LeaveOut joint = voted.leave_out;
  for (int custodian : {1, 2}) {
    QORGAN_TRY(const std::int64_t applied, net::int_field(votes[slot(custodian)].head, "sequence", 0, INT64_MAX));
    if (applied > engine_.applied_sequence()) return set_back(custodian);
    QORGAN_TRY(const LeaveOut other, read_leave_out(votes[slot(custodian)]));
    joint = joint.stricter(other);
    QORGAN_CHECK(check_same_form(id, custodian, votes[slot(custodian)]));
  }
  fault_point("agreed");
  return joint;
}

// Were it not seen here, the match would not begin either: its context names the form of the answer.
Status Coordinator::check_same_form(const RequestId& id, int custodian, const Message& vote) {
  QORGAN_TRY(const bool one_bit, net::bool_field(vote.head, "one_bit"));
  QORGAN_TRY(const Engine::Ticket own, engine_.ticket(id));
  if (one_bit == own.one_bit) return {};
  return failure(
      ErrorCode::refused,
      "the custodians' policies differ: by one a search for this purpose answers one bit, by another it names "
      "people",
      own.request.purpose + ", custodian 0 and " + network_.describe(custodian),
      "Their operators must sign the same version of the purpose");
}

Status Coordinator::change(const Engine::Ticket& ticket, Deadline deadline) {
  const protocol::SubjectId subject = engine_.subject_of(ticket.request);
  const std::string desk = ticket.request.asker == protocol::Asker::desk ? ticket.request.desk : std::string();
  std::int64_t decided = 0;
  {
    QORGAN_TRY(Holds::Hold hold, holds_.wait(subject, desk, deadline));
    QORGAN_CHECK(collect_votes(ticket, deadline, &hold));
    const std::unique_lock order(order_mutex_, deadline.at());
    if (!order.owns_lock())
      return failure(ErrorCode::busy, "the custodians were busy with other requests", "custodian 0", "Try again");
    fault_point("decide.before");
    QORGAN_TRY(decided, engine_.decide(ticket.request.id));
    fault_point("decide.after");
    const std::lock_guard lock(mutex_);
    decided_ = std::max(decided_, decided);
  }
  // It is decided whether or not the others confirm in time; they will when they are back.
  wait_until_applied(decided, deadline);
  return {};
}

Status Coordinator::decide_refresh(const Refresh& refresh, Deadline deadline) {
  std::int64_t decided = 0;
  {
    const std::unique_lock order(order_mutex_, deadline.at());
    if (!order.owns_lock()) return failure(ErrorCode::busy, "the custodians were busy with requests", "custodian 0");
    fault_point("decide.before");
    QORGAN_TRY(decided, engine_.decide_refresh(refresh));
    fault_point("decide.after");
    const std::lock_guard lock(mutex_);
    decided_ = std::max(decided_, decided);
    changed_.notify_all();
  }
  if (!wait_until_applied(decided, deadline))
    return failure(ErrorCode::timeout, "a custodian has not applied a refresh yet", "custodian 0");
  return {};
}

Status Coordinator::compare(const Engine::Ticket& ticket) {
  const RequestId& id = ticket.request.id;
  const Kind kind = ticket.request.kind;
  QORGAN_TRY(const LeaveOut leave_out, collect_votes(ticket, ticket.deadline));
  Turns& turns = lane_turns_[kind == Kind::verify ? 0 : 1];
  const Turns::Turn turn = turns.wait(ticket.request.desk, id, ticket.deadline, ticket.stop);
  if (!turn) return not_begun();
  QORGAN_CHECK(fix_snapshot(ticket, leave_out));
  QORGAN_TRY(const LaneSession session, open_lanes(ticket));
  if (Status ran = run_everywhere(ticket, session); !ran) {
    Lanes::close(lanes_.group(kind));
    return ran;
  }
  fault_point("ran");
  QORGAN_CHECK(engine_.commit_comparison(id));
  fault_point("committed");
  const auto released = peers_.call_both([&](int) { return id_message(type::release, id); },
                                         Deadline::after_ms(limits::connect_timeout_ms));
  if (!released)
    spdlog::info("a custodian will ask later that request {} is committed: {}", to_hex(id), released.error().message());
  return {};
}

tl::unexpected<Error> Coordinator::not_begun() const {
  const std::lock_guard lock(mutex_);
  if (stopping_) return failure(ErrorCode::unavailable, "this custodian is stopping", "custodian 0", "Ask again");
  return tl::unexpected(engine_.too_late());
}

Status Coordinator::fix_snapshot(const Engine::Ticket& ticket, const LeaveOut& leave_out) {
  const RequestId& id = ticket.request.id;
  // Let the others catch up before decisions are held up. One that does not says so below.
  wait_until_applied(engine_.applied_sequence(),
                     ticket.deadline.earlier(Deadline::after_ms(limits::snapshot_timeout_ms)));
  const Deadline soon = ticket.deadline.earlier(Deadline::after_ms(limits::snapshot_timeout_ms));
  const std::unique_lock order(order_mutex_, soon.at());
  if (!order.owns_lock())
    return failure(ErrorCode::busy, "the custodians were busy with other requests", "custodian 0", "Try again");
  const Deadline held = ticket.deadline.earlier(Deadline::after_ms(limits::snapshot_timeout_ms));
  const std::int64_t sequence = engine_.applied_sequence();
  QORGAN_TRY(const Engine::Snapshot own, engine_.take_snapshot(id, sequence, held, leave_out));
  QORGAN_TRY(const auto answers,
             peers_.call_both([&](int) { return snapshot_message(id, sequence, leave_out); }, held, ticket.stop));
  for (int custodian : {1, 2}) {
    QORGAN_TRY(const Engine::Snapshot other, read_snapshot(answers[slot(custodian)]));
    if (other.people != own.people || other.digest != own.digest)
      return failure(ErrorCode::damaged, "two custodians do not keep the same people",
                     "custodian 0 and " + network_.describe(custodian), "Their operators must compare their records");
  }
  fault_point("snapshot");
  return {};
}

Result<LaneSession> Coordinator::open_lanes(const Engine::Ticket& ticket) {
  const Kind kind = ticket.request.kind;
  const std::vector<Lane*> group = lanes_.group(kind);
  LaneSession& session = sessions_[kind == Kind::verify ? 0 : 1];
  if (Lanes::are_quiet(group)) return session;
  crypto::fill_random(session);
  const Deadline soon = ticket.deadline.earlier(Deadline::after_ms(limits::handshake_timeout_ms));
  Status opened;
  Result<std::array<Message, 2>> answers;
  {
    const std::jthread own([&] { opened = Lanes::open(group, session, soon); });
    answers = peers_.call_both([&](int) { return open_lanes_message(kind, group.size(), session); }, soon, ticket.stop);
  }
  if (!answers || !opened) Lanes::close(group);
  if (!answers) return tl::unexpected(answers.error());
  if (!opened) return tl::unexpected(opened.error());
  return session;
}

Status Coordinator::run_everywhere(const Engine::Ticket& ticket, const LaneSession& session) {
  const RequestId& id = ticket.request.id;
  const std::vector<Lane*> group = lanes_.group(ticket.request.kind);
  const Message question = run_message(id, session);
  const Deadline answered = Deadline::after_ms(ticket.deadline.left_ms() + 2 * limits::run_grace_ms);
  RunEnds ends;
  std::stop_source over;
  {
    std::vector<std::jthread> threads;
    // Before the threads are waited for: nobody waits longer for one that is silent.
    const AtEnd at_end([&] {
      if (!ends.all_well())
        for (Lane* lane : group) lane->interrupt();
      over.request_stop();
    });
    for (int custodian : {1, 2})
      threads.emplace_back([&, custodian] {
        const auto answer = peers_.call(custodian, question, answered, over.get_token());
        ends.put(custodian, answer ? Status() : tl::unexpected(answer.error()));
      });
    threads.emplace_back([&] { ends.put(kCoordinator, run_comparison(engine_, id, group)); });
    if (!ends.wait_all_or_failure(ticket.deadline, ticket.stop))
      QORGAN_CHECK(engine_.stop_comparison(id, engine_.too_late()));
    if (!ends.all_well()) {
      for (Lane* lane : group) lane->interrupt();
      ends.wait_all(Deadline::after_ms(limits::run_grace_ms));
    }
  }
  return ends.outcome(network_);
}

void Coordinator::replicate(int custodian) {
  std::string told;
  while (true) {
    Status done = replicate_guarded(custodian);
    const std::string now = done ? std::string() : done.error().message();
    if (now != told && !now.empty()) spdlog::warn("{} does not follow: {}", network_.describe(custodian), now);
    if (now != told && now.empty()) spdlog::info("{} follows", network_.describe(custodian));
    told = now;
    std::unique_lock lock(mutex_);
    if (!done && applied_[slot(custodian)] <= engine_.applied_sequence()) applied_[slot(custodian)] = -1;
    changed_.wait_for(lock, std::chrono::milliseconds(limits::replicate_interval_ms),
                      [&] { return stopping_ || (done && applied_[slot(custodian)] < decided_); });
    if (stopping_) return;
  }
}

Status Coordinator::replicate_guarded(int custodian) {
  try {
    return replicate_once(custodian);
  } catch (const std::exception& error) {
    return failure(ErrorCode::busy, "this custodian is out of memory or threads", "custodian 0");
  }
}

Status Coordinator::replicate_once(int custodian) {
  const auto deadline = [] { return Deadline::after_ms(limits::connect_timeout_ms); };
  QORGAN_TRY(const Message status, peers_.call(custodian, plain_message(type::status), deadline()));
  QORGAN_TRY(std::int64_t applied, net::int_field(status.head, "sequence", 0, INT64_MAX));
  if (applied > engine_.applied_sequence()) {
    const std::lock_guard lock(mutex_);
    applied_[slot(custodian)] = applied;
    changed_.notify_all();
    return set_back(custodian);
  }
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      applied_[slot(custodian)] = applied;
      changed_.notify_all();
      if (stopping_) return {};
    }
    QORGAN_TRY(const auto operations, engine_.operations_after(applied, limits::operations_per_turn));
    if (operations.empty()) return {};
    for (const store::Operation& operation : operations) {
      const auto applied_there = peers_.call(custodian, commit_message(operation), deadline());
      if (!applied_there) {
        const std::lock_guard lock(mutex_);
        applied_[slot(custodian)] = -1;
        return tl::unexpected(applied_there.error());
      }
      applied = operation.sequence;
    }
  }
}

bool Coordinator::wait_until_applied(std::int64_t sequence, Deadline deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline.at(),
                             [&] { return stopping_ || (applied_[0] >= sequence && applied_[1] >= sequence); });
}

}  // namespace qorgan::custodian
