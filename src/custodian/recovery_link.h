// The questions of a custodian that is being recovered to the two others.
#pragma once

#include <array>
#include <string>

#include "custodian/peers.h"
#include "identity/oprf.h"
#include "ledger/checkpoint.h"
#include "store/store.h"

namespace qorgan::custodian {

using RecoveryId = std::array<std::uint8_t, 16>;

// How one of the two others knows this custodian's log.
struct LogCopy {
  int holder = 0;
  std::string note;               // of its mirror, with the log's signature and the holder's cosignature; may be empty
  ledger::Checkpoint checkpoint;  // of that note; of size 0 where it is empty
  std::uint64_t witnessed_size = 0;  // of the largest checkpoint that the holder has cosigned
};

// Not thread-safe.
class RecoveryLink {
 public:
  // Speaks as custodian `index`. The network outlives it.
  RecoveryLink(int index, const protocol::Network& network, const net::TlsIdentity& identity, const RecoveryId& id)
      : index_(index), network_(network), peers_(index, network, identity), id_(id) {}

  // Both log the recovery. Returns the sequence number of the last decision that both have applied. Errors: those of
  // calling; unavailable where they do not come to the same.
  Result<std::int64_t> begin();
  // Decisions after that one, in order, with whole records; none after the last. Errors: those of calling; damaged
  // where the two contradict one another.
  Result<store::History> history(std::int64_t after);
  // This custodian's two parts of the pseudonym key.
  Result<identity::KeyShare> pseudonym_key();
  // Errors: those of calling; damaged, refused, wrong_network where the copy is not a signed one.
  Result<LogCopy> log_copy(int holder);
  // Some entries of this custodian's log from that one on, at least one. Errors: those of calling; damaged.
  Result<std::vector<Bytes>> log_entries(int holder, std::uint64_t from);

  int previous() const { return protocol::previous_of(index_); }
  int next() const { return protocol::next_of(index_); }

 private:
  net::Message question(const char* type) const;
  Result<net::Message> ask(int custodian, const net::Message& message);
  Result<std::int64_t> begin_at(int custodian);
  Status catch_up(int behind, int ahead, std::int64_t applied);
  Result<store::History> history_of(int custodian, std::int64_t after);
  Result<crypto::Key> key_part(int custodian);

  const int index_;
  const protocol::Network& network_;
  Peers peers_;
  const RecoveryId id_;
};

}  // namespace qorgan::custodian
