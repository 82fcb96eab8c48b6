#include "mpc/refresh.h"

#include <algorithm>
#include <string>

#include "crypto/keystream.h"

namespace qorgan::mpc {
namespace {

using crypto::SecretBytes;

constexpr int kHoldsFirst = 2;   // besides custodian 0: of x_0, its next share
constexpr int kHoldsSecond = 1;  // of x_1, its own share

const SecretBytes& seeded_part(const StoredShare& share) {
  QORGAN_ASSERT(share.party == kHoldsFirst || share.party == kHoldsSecond);
  return share.party == kHoldsSecond ? share.own : share.next;
}

const SecretBytes& stored_cells(const StoredShare& share) {
  return share.party == kHoldsSecond ? share.next : share.own;
}

SecretBytes seed_bytes(const crypto::Key& seed) {
  return SecretBytes(ByteView(seed.expose()));
}

}  // namespace

crypto::Key refreshed_seed(const crypto::Key& pair_key, int index, const RefreshedFinger& finger) {
  QORGAN_ASSERT(index == 0 || index == 1);
  QORGAN_ASSERT(finger.epoch >= 1);
  const std::string info = "qorgan refresh v1 share " + std::to_string(index) + " record " + to_hex(finger.record_id) +
                           " finger " + std::to_string(finger.position) + " epoch " + std::to_string(finger.epoch);
  return crypto::derive_key(pair_key.expose(), {}, info);
}

StoredShare refreshed_seeds(const crypto::Key& seed_0, const crypto::Key& seed_1) {
  return {0, seed_bytes(seed_0), seed_bytes(seed_1)};
}

void share_difference(const StoredShare& before, const crypto::Key& seed_after, ShareDifference out) {
  const SecretBytes& seed_before = seeded_part(before);
  QORGAN_ASSERT(seed_before.size() == crypto::Key::size_bytes);
  crypto::expand_seed(crypto::Key(seed_before.expose().first<crypto::Key::size_bytes>()), out);
  SecretBytes after(limits::share_bytes);
  crypto::expand_seed(seed_after, after.expose_mutable());
  std::transform(out.begin(), out.end(), after.expose().begin(), out.begin(),
                 [](std::uint8_t a, std::uint8_t b) { return static_cast<std::uint8_t>(a - b); });
}

StoredShare refreshed_share(const StoredShare& before, const crypto::Key& seed_after, ShareDifferenceView own,
                            ShareDifferenceView other) {
  const SecretBytes& cells = stored_cells(before);
  QORGAN_ASSERT(seeded_part(before).size() == crypto::Key::size_bytes && cells.size() == limits::share_bytes);
  SecretBytes after(limits::share_bytes);
  const auto from = cells.expose();
  const auto to = after.expose_mutable();
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<std::uint8_t>(from[i] + own[i] + other[i]);
  if (before.party == kHoldsSecond) return {before.party, seed_bytes(seed_after), std::move(after)};
  return {before.party, std::move(after), seed_bytes(seed_after)};
}

}  // namespace qorgan::mpc
