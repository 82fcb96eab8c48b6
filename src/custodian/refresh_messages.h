// The messages of a refresh between custodians (docs/protocol.md, 10), made and read.
#pragma once

#include "crypto/key_exchange.h"
#include "custodian/engine.h"
#include "net/message.h"

namespace qorgan::custodian {

// What the coordinator asks for first: the batch, and its half of a key exchange.
struct RefreshBegin {
  Refresh refresh;
  std::int64_t sequence = 0;  // decisions that the batch is made after
  crypto::Digest people{};    // digest_of() whoever is in it
  crypto::ExchangePublicKey key{};
};

// Over the people's numbers, records, epochs and fingers: equal where two custodians are about to refresh the same.
crypto::Digest digest_of(const std::vector<Gallery::Person>& people);
// What two custodians derive their key for a batch under.
std::string exchange_context(int other, const Refresh& refresh);

net::Message refresh_begin_message(const RefreshBegin& begin);
Result<RefreshBegin> read_refresh_begin(const net::Message& message);
net::Message refresh_key_answer(const crypto::ExchangePublicKey& key);
Result<crypto::ExchangePublicKey> read_refresh_key(const net::Message& message);
// With the digest of the shares that the two have in common (share_list.h), asked with and answered by.
net::Message refresh_stage_message(const Refresh& refresh, const crypto::Digest& common);
net::Message refresh_differences_message(const Refresh& refresh, ByteView differences);
net::Message refresh_differences_answer(const crypto::Digest& common, ByteView differences);
net::Message refresh_end_message(std::int64_t epoch);

}  // namespace qorgan::custodian
