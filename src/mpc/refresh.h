// New shares of a template that stays what it is (docs/protocol-match.md, 10), so that shares of before and of after
// never fit (Herzberg, Jarecki, Krawczyk, Yung: Proactive Secret Sharing, CRYPTO 1995).
//
// x_0 and x_1 get new seeds, each derived by its two holders from a key that they have agreed on for this refresh
// alone: nobody sends a seed. x_2' = x_2 + d_0 + d_1, d_i being x_i - x_i'. Custodian 2 knows d_0 and sends it to
// custodian 1, custodian 1 knows d_1 and sends it to custodian 2; x_0' hides d_0, x_1' hides d_1. The sum stays in
// every cell.
#pragma once

#include "mpc/shares.h"

namespace qorgan::mpc {

// A finger's shares after a refresh.
struct RefreshedFinger {
  std::array<std::uint8_t, 16> record_id{};
  int position = 0;        // ISO/IEC 19794-2, 1..10
  std::int64_t epoch = 0;  // the new one, from 1 on
};

// The new seed of x_index, index 0 or 1 (asserted), at its two holders alike: HKDF-SHA-256 of the key that they have
// agreed on, bound to the finger.
crypto::Key refreshed_seed(const crypto::Key& pair_key, int index, const RefreshedFinger& finger);

// Custodian 0's new share: nothing but the two seeds.
StoredShare refreshed_seeds(const crypto::Key& seed_0, const crypto::Key& seed_1);

using ShareDifference = std::span<std::uint8_t, limits::share_bytes>;
using ShareDifferenceView = std::span<const std::uint8_t, limits::share_bytes>;

// At custodian 1 or 2 (asserted): what its seeded share loses, d_1 or d_0; the other one is to be sent it.
void share_difference(const StoredShare& before, const crypto::Key& seed_after, ShareDifference out);
// Its new share. `own` is its share_difference(), `other` the one it was sent.
StoredShare refreshed_share(const StoredShare& before, const crypto::Key& seed_after, ShareDifferenceView own,
                            ShareDifferenceView other);

}  // namespace qorgan::mpc
