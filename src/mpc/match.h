// The private match: one custodian's part of comparing prints that no one sees. docs/protocol.md has the protocol.
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
  // Called with the number of pairs done after each batch; an error ends the match with it (to stop a search, or at a
  // deadline). May be empty.
  std::function<Status(std::size_t pairs_done)> progress;
};

// One lane's matcher at one custodian. Keeps about 2.5 MiB of working memory, wiped when it goes. Not thread-safe.
class CoarseMatcher {
 public:
  // The ring outlives the matcher.
  CoarseMatcher(LaneKeys keys, Ring& ring, const Kernel& kernel = best_kernel());
  ~CoarseMatcher();
  CoarseMatcher(CoarseMatcher&&) noexcept;
  CoarseMatcher& operator=(CoarseMatcher&&) noexcept;

  // Compares all persons; all three custodians call it with the same sequence of persons, each with its own shares. The
  // answer is bit for bit that of the reference (mpc/reference.h): accepted where the coarse scores of a person's pairs
  // add up to at least rows_matched_min.
  // Errors: invalid_input (too many fingers, a minimum outside 0..rows_matched_never); damaged (the custodians are
  // out of step, or differ about persons, minima or context); those of the ring and of `progress`. After any error but
  // invalid_input the lane is spent, and every further match on it is refused as unavailable: the three ends of a lane
  // may have stopped at different steps, and only a new session gives new keys.
  Result<AcceptShares> match(std::span<const Person> persons, const MatchOptions& options = {});

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace qorgan::mpc
