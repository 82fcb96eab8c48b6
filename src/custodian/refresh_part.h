// What custodians 1 and 2 do in a refresh (docs/protocol.md, 10): one batch of records at a time.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "custodian/engine.h"
#include "custodian/peers.h"
#include "custodian/refresh_messages.h"

namespace qorgan::custodian {

// Thread-safe. Keys and differences live for as long as their batch: until the next one begins.
class RefreshPart {
 public:
  RefreshPart(Engine& engine, Peers& peers) : engine_(engine), peers_(peers) {}

  // Agrees on a key with the coordinator and makes the new seeds and this custodian's differences. A batch that was
  // begun before is forgotten. Errors: stale where this custodian would refresh other people; unavailable; damaged.
  Result<crypto::ExchangePublicKey> begin(const RefreshBegin& begin, Deadline deadline);
  // Exchanges differences with the other one, checks the new shares against both neighbours', and makes them durable:
  // this custodian's yes. Errors: stale where no such batch was begun; damaged where two copies differ; timeout;
  // those of the store.
  Status stage(const protocol::RequestId& id, const crypto::Digest& common, Deadline deadline);
  // At custodian 1, by custodian 2: takes d_0 and gives d_1, with the digest of the new x_2. Errors: stale; damaged.
  struct Differences {
    crypto::Digest common{};
    Bytes differences;
  };
  Result<Differences> exchange(const protocol::RequestId& id, ByteView differences);

 private:
  struct Batch {
    Refresh refresh;
    std::vector<NewShares> shares;         // the shares themselves only once they are made
    std::vector<mpc::StoredShare> before;  // a finger each, all people's
    std::vector<crypto::Key> seeds;        // likewise
    crypto::SecretBytes differences;       // likewise, limits::share_bytes each
    CommonDigests common;                  // of the new shares
    bool made = false;
  };
  using BatchPtr = std::shared_ptr<Batch>;

  Result<BatchPtr> prepare(const RefreshBegin& begin, const crypto::Key& pair_key,
                           const std::vector<Gallery::Person>& people);
  tl::unexpected<Error> not_begun() const;
  Result<BatchPtr> current(const protocol::RequestId& id) const;
  Status make(Batch& batch, ByteView differences);
  Status fetch_differences(Batch& batch, Deadline deadline);

  Engine& engine_;
  Peers& peers_;
  std::mutex mutex_;
  std::condition_variable made_;
  BatchPtr batch_;
};

}  // namespace qorgan::custodian
