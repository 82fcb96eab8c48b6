// The private match: one custodian's part of comparing prints that no one sees. docs/protocol-match.md has the
// protocol.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "mpc/accept.h"
#include "mpc/kernel.h"
#include "mpc/probe.h"
#include "mpc/ring.h"
#include "mpc/session.h"
#include "mpc/tally.h"

namespace qorgan::mpc {

struct MatchOptions {
  // Bytes that the three custodians must have in common, such as the request's id and the list of records: the match
  // does not begin where they differ. May be empty.
  ByteView context;
  // Called with the number of pairs done after each batch; in a search with that of the sieve, also between
  // batches of the fine one. An error ends the match with it (to stop a search, or at a deadline). May be empty.
  std::function<Status(std::size_t pairs_done)> progress;
};

// How a search goes on from the sieve to the score.
struct SurvivorOptions {
  // Each person goes on by lot with probability 2^-lot_bits, to hide those who go on for their similarity.
  int lot_bits = 0;
  // More are refused: the probe resembles too many to be a print.
  std::size_t people_max = limits::survivors_max;
};

// One lane's matcher at one custodian. Keeps about 2.5 MiB of working memory, wiped when it goes. Not thread-safe.
//
// For all three kinds of match: all three custodians call it with the same sequence of persons, each with its own
// shares. The answer is bit for bit that of the reference (mpc/reference.h).
// Errors: invalid_input (too many fingers, a minimum out of range); damaged (the custodians are out of step, or differ
// about persons, minima or context); those of the ring and of `progress`. After any error but invalid_input, and
// low_quality of a search, the lane is spent, and every further match on it is refused as unavailable: the three ends
// of a lane may have stopped at different steps, and only a new session gives new keys.
class Matcher {
 public:
  // The ring outlives the matcher.
  Matcher(LaneKeys keys, Ring& ring, const Kernel& kernel = best_kernel());
  ~Matcher();
  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) noexcept;

  // By the sieve alone: accepted where the sieve scores of a person's pairs add up to at least rows_matched_min.
  Result<AcceptShares> sieve(std::span<const Person> persons, const MatchOptions& options = {});

  // By the score alone: accepted where the scores of a person's pairs add up to at least score_min. Pairs have their
  // gallery_relations. Takes some thirty times as long as `sieve`.
  Result<AcceptShares> compare(std::span<const Person> persons, const MatchOptions& options = {});

  // Both: accepted where `sieve` and `compare` both accept. Whoever passes the sieve, or is drawn by lot, is opened to
  // the custodians, and they alone are compared by the score. Further errors: low_quality where more than people_max go
  // on; the lane is not spent then.
  Result<AcceptShares> search(std::span<const Person> persons, const SurvivorOptions& survivors,
                              const MatchOptions& options = {});

  // Whether anybody is accepted: one shared bit, in the shares' first, of the answers of one search, whichever lanes
  // they came from. The three begin only where they agree on the context and the number of people.
  Result<AcceptShares> any_accepted(const AcceptShares& answers, ByteView context);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace qorgan::mpc
