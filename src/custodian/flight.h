// A request on its way through one custodian.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/clock.h"
#include "crypto/hash.h"
#include "custodian/gallery.h"
#include "custodian/judge.h"
#include "custodian/share_list.h"
#include "mpc/shares.h"
#include "protocol/request.h"

namespace qorgan::custodian {

// What a comparison cost this custodian.
struct Work {
  std::uint64_t finger_pairs = 0;
  std::uint64_t bytes_sent = 0;  // on its lanes, TLS included
  std::int64_t duration_us = 0;
};

// How far a comparison is. Its lanes write, anyone reads.
struct RunProgress {
  std::atomic<std::size_t> pairs_done = 0;
  std::atomic<std::size_t> pairs_all = 0;  // 0 until it runs
};

// prepared -> agreed -> committed, or for comparisons prepared -> agreed -> ran -> committed; aborted from any but
// committed. prepared, ran (with the result), committed and aborted are durable before anyone is told of them.
enum class Phase { prepared, agreed, ran, committed, aborted };

struct Flight {
  protocol::Request request;
  crypto::Digest digest{};
  Phase phase = Phase::prepared;
  Error error;                  // why it was aborted
  std::int64_t updated_ms = 0;  // unix time of the last change of phase
  // Of the same, or of the start, on the clock that never jumps.
  std::chrono::steady_clock::time_point changed_at = std::chrono::steady_clock::now();
  std::int64_t sequence = 0;  // of an enrolment or erasure that was committed

  Judgement judgement;                      // of this custodian, once it has voted
  bool entered = false;                     // what it agrees to is written down, for the log
  std::optional<protocol::RecordId> about;  // the record that was judged and that the entry is of, if any
  std::optional<std::uint64_t> logged;      // where that is in the log
  std::optional<Error> log_error;           // why it did not get there
  bool published = false;                   // it was aborted, and the log was seen to show all entries
  bool refusal_told = false;                // by this custodian, of its own
  crypto::Key view_key;                     // of the subject, an enrolment's; wiped at the end
  std::optional<Terms> terms;               // of the record that an enrolment makes

  CommonDigests common;                   // of the shares as they came; a repetition must bring the same
  std::vector<mpc::StoredShare> shares;   // a finger each, as request.fingers; dropped at the end
  std::vector<Gallery::Person> snapshot;  // whom a comparison runs over; handed over to the run
  bool has_snapshot = false;
  crypto::Digest order_digest{};
  std::vector<protocol::RecordId> order;  // their record ids, which lookups choose from; an identification's that names
  Bytes result;                           // a comparison's accept shares, own || next (mpc/match.h)
  bool one_bit = false;                   // for all people together; as the judgement, also after a new start
  std::size_t compared = 0;               // people the result speaks of
  int lookups = 0;
  bool begun = false;     // a comparison was handed over to run
  bool deciding = false;  // this coordinator has begun to write that it is committed

  Deadline deadline = Deadline::after_ms(0);  // of a comparison: by then it has a result here, or ends without
  std::optional<Error> stop_reason;           // why a comparison is to end without a result
  std::stop_source stop;                      // requested then, and when it is aborted
  std::shared_ptr<RunProgress> progress = std::make_shared<RunProgress>();
  Work work;

  bool ended() const { return phase == Phase::committed || phase == Phase::aborted; }
};

}  // namespace qorgan::custodian
