// A lane: this custodian's part of one triple of connections on which the private match runs (docs/protocol.md, 7).
#pragma once

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "mpc/match.h"
#include "mpc/ring.h"
#include "net/connection.h"
#include "net/identity.h"
#include "protocol/network.h"

namespace qorgan::custodian {

using LaneSession = std::array<std::uint8_t, 16>;

// Used by one thread at a time, but for deliver(), interrupt() and shutdown().
class Lane : public mpc::Ring {
 public:
  Lane(int index, int number, const protocol::Network& network, const net::TlsIdentity& identity)
      : index_(index), number_(number), network_(network), identity_(identity) {}

  // Ends what the lane had and begins a session: connects to the previous custodian, waits for the next one's
  // connection, and exchanges fresh keys with both. Errors: as net::Connection, naming the custodian.
  Status open(const LaneSession& session, Deadline deadline);
  // The next custodian's connection, as the server accepted it, after its session was read from it. A later one takes
  // its place.
  void deliver(const LaneSession& session, net::Connection connection);
  void close();
  // By any thread: whoever waits in exchange() gets `unavailable`. The lane can be opened again.
  void interrupt();
  // By any thread: whoever waits in exchange() or open() gets `unavailable`, and the lane cannot be opened again.
  void shutdown();

  // Whether it was opened in that session and has not failed since.
  bool is_open(const LaneSession& session) const;
  // Whether it is open and its partners are there and silent, as they are between comparisons.
  bool is_quiet() const;
  // Of the session; the lane is open.
  mpc::Matcher& matcher() {
    QORGAN_ASSERT(matcher_);
    return *matcher_;
  }
  // Sent on this lane since it was made, TLS included.
  std::uint64_t bytes_sent() const;

  Status exchange(ByteView to_previous, MutableByteView from_next) override;

 private:
  Status open_wanted(const LaneSession& session, Deadline deadline);
  Result<net::Connection> dial(const LaneSession& session, Deadline deadline);
  Result<net::Connection> await(const LaneSession& session, Deadline deadline);

  const int index_;
  const int number_;
  const protocol::Network& network_;
  const net::TlsIdentity& identity_;

  std::optional<net::Connection> out_;  // to the previous custodian
  std::optional<net::Connection> in_;   // from the next custodian
  std::optional<mpc::Matcher> matcher_;
  LaneSession session_{};
  std::uint64_t bytes_sent_before_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable delivered_;
  std::optional<LaneSession> wanted_;  // while open() waits: no other session's connection is taken in
  LaneSession waiting_session_{};
  std::optional<net::Connection> waiting_;
  std::vector<net::ConnectionStopper> stoppers_;
  bool stopping_ = false;
};

}  // namespace qorgan::custodian
