#include "custodian/share_list.h"

namespace qorgan::custodian {

crypto::SecretBytes serialise_list(const std::vector<mpc::StoredShare>& shares) {
  crypto::SecretBytes all(shares.empty() ? 0 : shares.size() * mpc::serialised_bytes(shares.front().party));
  std::size_t at = 0;
  for (const mpc::StoredShare& share : shares) {
    const crypto::SecretBytes one = mpc::serialise(share);
    std::copy(one.expose().begin(), one.expose().end(), all.expose_mutable().subspan(at).begin());
    at += one.size();
  }
  return all;
}

Result<std::vector<mpc::StoredShare>> parse_list(ByteView bytes, std::size_t count, int party) {
  const std::size_t each = mpc::serialised_bytes(party);
  if (bytes.size() != count * each)
    return failure(ErrorCode::damaged, "the shares of a request are of another length than its fingers need",
                   "custodian " + std::to_string(party));
  std::vector<mpc::StoredShare> shares;
  shares.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    QORGAN_TRY(mpc::StoredShare share, mpc::parse_share(bytes.subspan(i * each, each), party));
    shares.push_back(std::move(share));
  }
  return shares;
}

CommonDigests common_digests(const std::vector<mpc::StoredShare>& shares) {
  Bytes own;
  Bytes next;
  for (const mpc::StoredShare& share : shares) {
    const crypto::Digest a = mpc::digest_own(share);
    const crypto::Digest b = mpc::digest_next(share);
    own.insert(own.end(), a.begin(), a.end());
    next.insert(next.end(), b.begin(), b.end());
  }
  return {crypto::sha256(own), crypto::sha256(next)};
}

}  // namespace qorgan::custodian
