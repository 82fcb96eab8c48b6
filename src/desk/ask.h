// Asking three custodians at once.
#pragma once

#include <array>
#include <memory>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "net/client.h"
#include "net/message.h"
#include "protocol/network.h"
#include "protocol/request.h"

namespace qorgan::desk {

using Questions = std::array<net::Message, protocol::kCustodians>;
using Answers = std::array<net::Message, protocol::kCustodians>;

// The desk's connections. Thread-safe.
class Custodians {
 public:
  // What is given outlives it.
  Custodians(const protocol::Network& network, const net::TlsIdentity& identity, const std::string& desk);

  // Errors name the custodian.
  Result<net::Message> ask(int custodian, const net::Message& question, Deadline deadline, std::stop_token stop = {});
  std::array<Result<net::Message>, protocol::kCustodians> ask_all(const Questions& questions, Deadline deadline);
  // The same on connections of their own, beside requests that wait.
  Result<net::Message> ask_aside(int custodian, const net::Message& question, Deadline deadline,
                                 std::stop_token stop = {});
  // The first custodian's error that cannot be asked at present.
  Status reach_all();

  // Submits a request and repeats it where a connection was lost, until all three have committed it. Errors: the reason
  // why it was refused or aborted (then nothing was done anywhere), as soon as one custodian says so; undecided when
  // the time is over, or `stop` is requested, before all three have confirmed.
  Result<Answers> take_to_the_end(const protocol::Request& request, const Questions& questions,
                                  std::stop_token stop = {});

 private:
  using Clients = std::array<std::unique_ptr<net::Client>, protocol::kCustodians>;
  Result<net::Message> ask(const Clients& clients, int custodian, const net::Message& question, Deadline deadline,
                           std::stop_token stop);

  const protocol::Network& network_;
  Clients clients_;
  Clients aside_;
};

}  // namespace qorgan::desk
