// What custodians 1 and 2 do in a refresh (docs/protocol.md, 10): one batch of records at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "custodian/engine.h"
#include "custodian/peers.h"
#include "custodian/refresh_messages.h"

namespace qorgan::custodian {

// Thread-safe. Keys, differences and the shares of before live for as long as their batch: until it is staged, the next
// one begins, one of its people is erased, or its time is over.
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
  // That record is erased: a batch that it is in will come to nothing.
  void forget(const protocol::RecordId& record);
  // A batch whose coordinator has vanished must not keep shares for ever. To be called now and then.
  void drop_overdue(std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now());

 private:
  struct Batch {
    Refresh refresh;
    std::vector<NewShares> shares;         // the shares themselves only once they are made
    std::vector<mpc::StoredShare> before;  // a finger each, all people's
    std::vector<crypto::Key> seeds;        // likewise
    crypto::SecretBytes differences;       // likewise, limits::share_bytes each
    CommonDigests common;                  // of the new shares
    bool made = false;
    // Two steps: the coordinator hears of everyone's begin, then asks for the staging.
    Deadline ends = Deadline::after_ms(2 * limits::refresh_step_timeout_ms);
  };
  using BatchPtr = std::shared_ptr<Batch>;

  Result<BatchPtr> prepare(const RefreshBegin& begin, const crypto::Key& pair_key,
                           const std::vector<Gallery::Person>& people);
  void drop();
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
