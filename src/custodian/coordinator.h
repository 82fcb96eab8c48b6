// What custodian 0 does besides its own part: it asks for votes, puts decisions in order, and tells the others. It has
// no say over what the others think of a request (docs/protocol.md, 6).
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "custodian/comparison.h"
#include "custodian/coordinator_holds.h"
#include "custodian/engine.h"
#include "custodian/lanes.h"
#include "custodian/peers.h"
#include "custodian/turns.h"

namespace qorgan::custodian {

class Coordinator {
 public:
  Coordinator(Engine& engine, Peers& peers, Lanes& lanes, const protocol::Network& network);
  ~Coordinator();

  // Takes a prepared request to its end, on the caller's thread; at once where another thread is at it already.
  void drive(const protocol::RequestId& id);
  // Whether a thread is at it.
  bool is_driving(const protocol::RequestId& id) const;
  // How many comparisons are before this one in its queue, the running one included; nothing where it is in none.
  std::optional<std::size_t> before(const protocol::RequestId& id) const;
  // Puts a refresh that all three have agreed to in its place among the decisions, and waits until the others have
  // applied it. Errors: Engine::decide_refresh's; busy; timeout (it is decided, and they will be told).
  Status decide_refresh(const Refresh& refresh, Deadline deadline);
  // What the two other custodians have applied, as they last said; -1 where they have not been heard.
  std::array<std::int64_t, 2> applied_by_others() const;
  // Ends the threads; calls under way return with errors.
  void stop();

 private:
  Status take(const protocol::RequestId& id);
  Status take_guarded(const protocol::RequestId& id);
  void give_up(const protocol::RequestId& id, const Error& reason);
  Status check_not_set_back(Deadline deadline);
  tl::unexpected<Error> set_back(int custodian) const;
  // `hold` is given back where this custodian itself refuses: the others may still judge and log it, and nobody waits.
  Result<LeaveOut> collect_votes(const Engine::Ticket& ticket, Deadline deadline, Holds::Hold* hold = nullptr);
  Status check_same_form(const protocol::RequestId& id, int custodian, const net::Message& vote);
  Status change(const Engine::Ticket& ticket, Deadline deadline);
  Status compare(const Engine::Ticket& ticket);
  tl::unexpected<Error> not_begun() const;
  Status fix_snapshot(const Engine::Ticket& ticket, const LeaveOut& leave_out);
  Result<LaneSession> open_lanes(const Engine::Ticket& ticket);
  Status run_everywhere(const Engine::Ticket& ticket, const LaneSession& session);

  // One thread for each of the others: sends it the decisions that it has not applied, in order, now and whenever it
  // comes back.
  void replicate(int custodian);
  Status replicate_guarded(int custodian);
  Status replicate_once(int custodian);
  bool wait_until_applied(std::int64_t sequence, Deadline deadline);

  Engine& engine_;
  Peers& peers_;
  Lanes& lanes_;
  const protocol::Network& network_;

  // Held while a decision is taken or a snapshot is fixed, so that no decision falls between the three snapshots; for
  // limits::snapshot_timeout_ms at most.
  std::timed_mutex order_mutex_;
  std::array<Turns, 2> lane_turns_;        // of the quick lane, of the search lanes
  std::array<LaneSession, 2> sessions_{};  // likewise; whose turn it is uses them
  Holds holds_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::set<protocol::RequestId> driven_;
  std::array<std::int64_t, 2> applied_ = {-1, -1};
  std::int64_t decided_ = 0;
  bool stopping_ = false;
  std::array<std::thread, 2> threads_;
};

}  // namespace qorgan::custodian
