// What a custodian gives to another one that is being recovered (docs/protocol.md, 2; custodian/recovery.h is the other
// end).
#pragma once

#include <array>
#include <memory>

#include "custodian/engine.h"
#include "custodian/mirror.h"
#include "identity/oprf.h"
#include "ledger/witness.h"
#include "net/message.h"
#include "protocol/network.h"

namespace qorgan::custodian {

using Mirrors = std::array<std::unique_ptr<Mirror>, protocol::kCustodians>;  // null for its own

// Whoever asks has shown the custodian's TLS key, and gets that custodian's own data and nothing else: of each finger
// the one share that both hold, never the other one, with which it could rebuild the print. So one who has stolen the
// key gains no more than that custodian had; and nothing is given before this custodian's log says in public, with
// another one's cosignature, that it is.
//
// Thread-safe.
class RecoverySource {
 public:
  // Everything outlives it.
  RecoverySource(Engine& engine, const Mirrors& mirrors, const ledger::Witness& witness,
                 const identity::KeyShare& pseudonym_key, const protocol::Network& network)
      : engine_(engine), mirrors_(mirrors), witness_(witness), pseudonym_key_(pseudonym_key), network_(network) {}

  // Each answers custodian `asker`. Errors: refused (this recovery was not begun), invalid_input, and the store's.
  Result<net::Message> begin(int asker, const net::Message& question);
  Result<net::Message> history(int asker, const net::Message& question);
  Result<net::Message> key(int asker, const net::Message& question);
  Result<net::Message> log(int asker, const net::Message& question);

 private:
  Status check_begun(int asker, const net::Message& question);
  Result<store::History> read_history(std::int64_t after, int asker);

  Engine& engine_;
  const Mirrors& mirrors_;
  const ledger::Witness& witness_;
  const identity::KeyShare& pseudonym_key_;
  const protocol::Network& network_;
};

}  // namespace qorgan::custodian
