// A request on its way through one custodian.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "crypto/hash.h"
#include "custodian/gallery.h"
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

// prepared -> agreed -> committed, or for comparisons prepared -> agreed -> ran -> committed; aborted from any but
// committed. prepared, ran (with the result), committed and aborted are durable before anyone is told of them.
enum class Phase { prepared, agreed, ran, committed, aborted };

struct Flight {
  protocol::Request request;
  crypto::Digest digest{};
  Phase phase = Phase::prepared;
  Error error;                  // why it was aborted
  std::int64_t updated_ms = 0;  // unix time of the last change of phase
  std::int64_t sequence = 0;    // of an enrolment or erasure that was committed

  CommonDigests common;                   // of the shares as they came; a repetition must bring the same
  std::vector<mpc::StoredShare> shares;   // a finger each, as request.fingers; dropped at the end
  std::vector<Gallery::Person> snapshot;  // whom a comparison runs over; handed over to the run
  bool has_snapshot = false;
  crypto::Digest order_digest{};
  std::vector<protocol::RecordId> order;  // their record ids, which lookups choose from; an identification's alone
  Bytes result;                           // a comparison's accept shares, own || next (mpc/match.h)
  std::size_t compared = 0;               // people the result speaks of
  int lookups = 0;
  bool deciding = false;  // this coordinator has begun to write that it is committed
  Work work;

  bool ended() const { return phase == Phase::committed || phase == Phase::aborted; }
};

}  // namespace qorgan::custodian
