#include "custodian/operator_client.h"

#include "protocol/peer.h"

namespace qorgan::custodian {

OperatorClient::OperatorClient(protocol::Network network, std::unique_ptr<CustodianKeys> keys)
    : network_(std::move(network)),
      keys_(std::move(keys)),
      client_(protocol::peer_of(network_, keys_->index), keys_->tls,
              protocol::own_hello(network_, net::Party::custodian(keys_->index)), 1) {}

Result<OperatorClient> OperatorClient::open(const std::filesystem::path& folder,
                                            const std::filesystem::path& network_file) {
  QORGAN_TRY(protocol::Network network, protocol::load_network(network_file));
  QORGAN_TRY(CustodianKeys keys, load_custodian_keys(folder, network));
  return OperatorClient(std::move(network), std::make_unique<CustodianKeys>(std::move(keys)));
}

Result<net::Message> OperatorClient::call(const net::Message& question, Deadline deadline) {
  Result<net::Message> answer = client_.call(question, deadline);
  if (!answer && answer.error().where.empty()) answer.error().where = network_.describe(index());
  return answer;
}

}  // namespace qorgan::custodian
