// One custodian's own state: its file, its gallery, and the requests under way. Everything here this custodian does
// alone; talking with the others is coordinator.h and participant.h.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "custodian/flight.h"
#include "custodian/gallery.h"
#include "custodian/share_list.h"
#include "protocol/network.h"
#include "protocol/request.h"
#include "store/store.h"

namespace qorgan::custodian {

inline constexpr int kCoordinator = 0;  // the custodian that puts requests in order (docs/protocol.md)

// What a desk is told at the end of a request.
struct Answer {
  std::optional<Error> aborted;  // why nothing happened
  protocol::Request request;
  Bytes result;              // accept shares of a comparison
  std::size_t compared = 0;  // people they speak of
  Work work;
};

// Thread-safe.
class Engine {
 public:
  // Loads the gallery and the requests that had not ended. A request that the coordinator had not decided is aborted
  // at once at the coordinator, and left to be asked about at the others. Errors: damaged, naming file and record.
  static Result<std::unique_ptr<Engine>> open(int index, store::Store store);

  int index() const { return index_; }
  const Gallery& gallery() const { return gallery_; }
  std::int64_t applied_sequence() const;

  // Checks a desk's request and makes it durable. Repeating it with the same content changes nothing; with other
  // content it is refused. Errors: invalid_input, stale, refused, damaged (shares), busy, storage_full.
  Status prepare(const protocol::Request& request, ByteView shares);
  // Waits for the end of a prepared request. Errors: undecided when the deadline passes.
  Result<Answer> wait_for_end(const protocol::RequestId& id, Deadline deadline);

  // Waits for this custodian's copy of a request and for the decisions up to `sequence`, checks it against the
  // coordinator's digest and the gallery, and gives the digests of the shares that came with it, to be compared with
  // the neighbours'. Errors: why it would refuse.
  Result<CommonDigests> digests(const protocol::RequestId& id, const crypto::Digest& digest, std::int64_t sequence,
                                Deadline deadline);
  // This custodian's yes, after those comparisons: durable when it returns. Errors: why it refuses.
  Status vote(const protocol::RequestId& id, const crypto::Digest& digest);

  // Enrolments and erasures, decided by the coordinator: the next in its sequence takes effect, durably, all at once.
  // A sequence number that was applied before changes nothing; damaged where it stood for something else.
  Status apply(const store::Operation& operation);
  // The coordinator's own: gives the request the next sequence number and applies it. Returns that number.
  Result<std::int64_t> decide(const protocol::RequestId& id);
  // Decided operations after a sequence number, oldest first, at most `count_max`.
  Result<std::vector<store::Operation>> operations_after(std::int64_t sequence, std::size_t count_max);

  // Comparisons. take_snapshot fixes whom the request runs over once `sequence` has been applied; digest is over their
  // record ids in order.
  struct Snapshot {
    std::size_t people = 0;
    crypto::Digest digest{};
  };
  Result<Snapshot> take_snapshot(const protocol::RequestId& id, std::int64_t sequence, Deadline deadline);
  // The request, its digest and phase; what else is in a flight belongs to the engine.
  struct Ticket {
    protocol::Request request;
    crypto::Digest digest{};
    Phase phase = Phase::prepared;
    Deadline deadline = Deadline::after_ms(0);
    std::stop_token stop;  // of a comparison
  };
  Result<Ticket> ticket(const protocol::RequestId& id);
  // Hands over what an agreed comparison runs on, once. Errors: stale where it was handed over before or has no
  // snapshot.
  struct ComparisonInput {
    protocol::Request request;
    crypto::Digest digest{};
    crypto::Digest order_digest{};  // over the people's record ids, in order
    std::vector<mpc::StoredShare> shares;
    std::vector<Gallery::Person> people;
    std::stop_token stop;  // requested when the comparison is to end without a result
    std::shared_ptr<RunProgress> progress;
  };
  Result<ComparisonInput> take_comparison(const protocol::RequestId& id);
  // Makes a comparison's result durable.
  Status store_result(const protocol::RequestId& id, Bytes result, std::size_t compared, const Work& work);
  // Makes a comparison that waits or runs end without a result. The coordinator's own is asked to stop, and aborted by
  // whoever drives it; elsewhere it is aborted at once, which is safe as long as this custodian has no result: without
  // one nobody can have committed it. False, with nothing changed, where it is too late: it has a result here, or has
  // ended. Errors: not_found; refused (no comparison).
  Result<bool> stop_comparison(const protocol::RequestId& id, const Error& reason);
  // The same by the desk that asked. Errors: not_found also for another desk's.
  Result<bool> cancel(const protocol::RequestId& id, const std::string& desk);
  // What a comparison ends with whose time is over.
  Error too_late() const;
  // Why a comparison was asked to stop.
  std::optional<Error> stop_reason(const protocol::RequestId& id);
  // For a comparison that has failed here: it never will have a result. The coordinator gets twice limits::run_grace_ms
  // to say why, which it knows best; then expire() ends it with this reason.
  Status give_up_soon(const protocol::RequestId& id, const Error& reason);
  // Aborts comparisons whose deadline has passed and which have no result here. Not at the coordinator, which looks
  // after its own.
  Status expire();

  // How far a request of this desk's is. Errors: not_found.
  struct Progress {
    bool ended = false;
    std::size_t pairs_done = 0;
    std::size_t pairs_all = 0;  // 0: does not run yet
  };
  Result<Progress> progress(const protocol::RequestId& id, const std::string& desk);

  // Releases a comparison whose result all three hold. Errors at the coordinator: why it was asked to stop meanwhile.
  Status commit_comparison(const protocol::RequestId& id);

  // Ends a request that has not been committed. Committed ones stay so.
  Status abort(const protocol::RequestId& id, const Error& reason);
  // For one who missed the decision. Decisions outlive their requests; a request that is not known here, nor among the
  // decisions up to `sequence`, counts as aborted once it is too old to be on its way.
  struct Decision {
    Phase phase = Phase::aborted;
    Error reason;
    std::int64_t sequence = 0;  // decisions applied here at that moment
  };
  Result<Decision> decision_of(const protocol::RequestId& id);
  // Acts on the coordinator's decision: aborts, or releases a comparison. A change that may be among decisions not yet
  // applied here is left until they are.
  Status settle(const protocol::RequestId& id, const Decision& decision);

  // Requests that have waited for a decision longer than that.
  std::vector<protocol::RequestId> undecided(std::int64_t longer_than_ms) const;
  // Drops ended requests past their time.
  Status purge();

  // The record ids that an identification of this desk's ran over, in order; each call counts `count` lookups. Errors:
  // refused (none, another desk's, or too many lookups), stale (no longer kept).
  Result<std::vector<protocol::RecordId>> use_lookups(const protocol::RequestId& id, const std::string& desk,
                                                      int count);

  // Wakes whoever waits; no request begins or goes on afterwards.
  void stop();

 private:
  Engine(int index, store::Store store) : index_(index), store_(std::move(store)) {}

  using FlightPtr = std::shared_ptr<Flight>;
  std::string here() const { return "custodian " + std::to_string(index_); }
  Status load();
  Status check_new(const protocol::Request& request) const;
  Status check_room(const protocol::Request& request) const;
  Status turn_away(FlightPtr flight, const Error& reason);
  Result<FlightPtr> find(const protocol::RequestId& id);
  Result<FlightPtr> known(const protocol::RequestId& id);
  Result<FlightPtr> known_of(const protocol::RequestId& id, const std::string& desk);
  Deadline deadline_of(const protocol::Request& request) const;
  Result<bool> stop_locked(Flight& flight, const Error& reason);
  Result<FlightPtr> wait_for(const protocol::RequestId& id, Deadline deadline, std::unique_lock<std::mutex>& lock);
  Status check_subject(const protocol::Request& request) const;
  Status check_votable(const Flight& flight, const crypto::Digest& digest) const;
  Status write_phase(Flight& flight, Phase phase);
  Status put(const Flight& flight);
  Status commit_locked(Flight& flight);
  Status check_applied(const store::Operation& operation);
  Status end(Flight& flight, Phase phase, const Error& reason);
  Status check_operation(const store::Operation& operation, const Flight& flight) const;
  Status apply_locked(const store::Operation& operation);

  const int index_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  store::Store store_;
  Gallery gallery_;
  std::map<protocol::RequestId, FlightPtr> flights_;
  std::int64_t applied_sequence_ = 0;
  bool stopping_ = false;
};

}  // namespace qorgan::custodian
