// Questions of a custodian's operator to that custodian while it runs, under its own TLS key.
#pragma once

#include <filesystem>
#include <memory>

#include "base/clock.h"
#include "custodian/files.h"
#include "net/client.h"
#include "net/message.h"
#include "protocol/network.h"

namespace qorgan::custodian {

class OperatorClient {
 public:
  // Connects to nothing yet. Errors: those of load_network and load_custodian_keys.
  static Result<OperatorClient> open(const std::filesystem::path& folder, const std::filesystem::path& network_file);

  int index() const { return keys_->index; }
  // Errors: those of net::Client, naming the custodian.
  Result<net::Message> call(const net::Message& question, Deadline deadline);

 private:
  OperatorClient(protocol::Network network, std::unique_ptr<CustodianKeys> keys);

  protocol::Network network_;
  std::unique_ptr<CustodianKeys> keys_;  // whose TLS key the client works with
  net::Client client_;
};

}  // namespace qorgan::custodian
