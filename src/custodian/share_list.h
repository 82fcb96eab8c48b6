// The shares of several fingers as one sequence of bytes.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "mpc/shares.h"
#include "protocol/request.h"
#include "store/store.h"

namespace qorgan::custodian {

// One serialised share after another; all of one custodian have one length.
crypto::SecretBytes serialise_list(const std::vector<mpc::StoredShare>& shares);
// Exactly `count` shares of custodian `party`. Errors: damaged.
Result<std::vector<mpc::StoredShare>> parse_list(ByteView bytes, std::size_t count, int party);

// Digests over the shares of a request that this custodian holds in common with its neighbours (mpc/shares.h), all its
// fingers in order.
struct CommonDigests {
  crypto::Digest own{};   // with the previous custodian
  crypto::Digest next{};  // with the next custodian
  bool operator==(const CommonDigests&) const = default;
};
CommonDigests common_digests(const std::vector<mpc::StoredShare>& shares);

}  // namespace qorgan::custodian
