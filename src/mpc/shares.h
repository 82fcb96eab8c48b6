// A template split among three custodians: replicated secret sharing in Z/2^8 (Araki, Furukawa, Lindell, Nof, Ohara:
// High-Throughput Semi-Honest Secure Three-Party Computation with an Honest Majority, ACM CCS 2016, section 2).
//
// x = x_0 + x_1 + x_2 cell by cell modulo 256; custodian i keeps x_i ("own") and x_(i+1 mod 3) ("next"). x_0 and x_1
// are uniformly random and stored as the 32-byte seeds they expand from; x_2 is stored in full. One custodian's share
// is independent of the template. The cells are those of the rows, then the relations (finger/template.h): distances,
// bearings, bearings back, limits::share_bytes in all. ANY TWO CUSTODIANS' SHARES REBUILD IT: rebuild() does.
#pragma once

#include <array>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "finger/template.h"

namespace qorgan::mpc {

inline constexpr int kParties = 3;
// One row as the match reads it: the row of the own share, then the row of the next share.
inline constexpr std::size_t kExpandedRowBytes = std::size_t{2} * limits::template_width;
inline constexpr std::size_t kExpandedBytes = std::size_t{limits::template_rows} * kExpandedRowBytes;

// What one custodian keeps of one template.
struct StoredShare {
  int party = 0;  // 0, 1, 2
  // x_party and x_(party+1 mod 3): the seed (32 bytes) of x_0 or x_1, or the cells (limits::share_bytes) of x_2.
  crypto::SecretBytes own;
  crypto::SecretBytes next;
};

// Splits with fresh random seeds; share i of the result goes to custodian i.
std::array<StoredShare, kParties> split(const finger::Template& whole);
// The same with given seeds, for one who must be able to make the same shares again. The seeds must be unknown to the
// custodians, and never serve for two templates: x_2 of the two would show their difference.
std::array<StoredShare, kParties> split_with(const finger::Template& whole, const crypto::Key& seed_0,
                                             const crypto::Key& seed_1);

// One byte version (2), one byte party, own, next. The length depends on the party alone.
crypto::SecretBytes serialise(const StoredShare& share);
std::size_t serialised_bytes(int party);
// Reads what custodian `party` has stored or been sent. version_mismatch: another version. damaged: another party's
// share, or another length. Changed cells are not seen here but by the digests below.
Result<StoredShare> parse_share(ByteView bytes, int party);

// Writes kRows rows of kExpandedRowBytes each: the form that the match reads galleries and probes in. The relations are
// left out.
void expand(const StoredShare& share, std::span<std::uint8_t, kExpandedBytes> out);

// The same rows of a template itself: its own share is the template, its next share zero.
void expand_in_the_clear(const finger::Template& whole, std::span<std::uint8_t, kExpandedBytes> out);

// The relations of a template as one custodian keeps them in memory for the few comparisons that need them: a seed
// where there is one. Moved, not copied; wiped when it goes.
class RelationShare {
 public:
  RelationShare() = default;
  explicit RelationShare(const StoredShare& share);
  // Of the own share and of the next share, limits::relation_bytes each. Not of an empty one (asserted).
  void expand(std::span<std::uint8_t, limits::relation_bytes> own,
              std::span<std::uint8_t, limits::relation_bytes> next) const;

 private:
  crypto::SecretBytes own_;
  crypto::SecretBytes next_;
};

// The template from two or three custodians' shares, in any order. invalid_input: fewer than two, or one custodian
// twice. damaged: three are given and two copies of one share differ (two alone cannot show it).
Result<finger::Template> rebuild(std::span<const StoredShare* const> shares);

// Digests of the share that two custodians both hold, by which they can see that their copies agree: digest_own of
// custodian i equals digest_next of custodian i-1. HMAC-SHA-256 of the share's index and stored bytes under a label.
// They are for those two custodians' eyes only.
crypto::Digest digest_own(const StoredShare& share);
crypto::Digest digest_next(const StoredShare& share);

}  // namespace qorgan::mpc
