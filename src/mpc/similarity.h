// Which rows of a probe have no similar row in a gallery template, on shares: the costly part of the private match.
// docs/protocol.md, "The private match", derives the steps and argues for their security.
#pragma once

#include <span>

#include "mpc/gates.h"
#include "mpc/probe.h"

namespace qorgan::mpc {

// Bytes of shared bits that one pair of fingers gives: a bit for each row of the probe.
inline constexpr std::size_t kRowBitsBytes = limits::template_rows / 8;

class Similarity {
 public:
  explicit Similarity(Gates& gates);

  // For each pair, kRowBitsBytes of shared bits, row i being bit i mod 8 of byte i / 8: 1 where no row of the gallery
  // template is similar to row i of the probe (finger/template.h). 1 .. limits::match_batch_pairs_max pairs (asserted).
  // The three roles of the protocol move on by one custodian from one `turn` to the next; all three give the same turn.
  // 14 exchanges. Errors: those of the ring.
  Status unmatched_rows(std::span<const FingerPair> pairs, std::uint64_t turn, MutableSharedBits out);

 private:
  struct Plane;

  Status share_sums(std::span<const FingerPair> pairs, int role);
  Status share_first_addend(std::span<const FingerPair> pairs);
  Status share_second_addend(std::span<const FingerPair> pairs);
  Status help_sharing(std::span<const FingerPair> pairs);
  Status add(int role);
  Status all_over_gallery_rows(MutableSharedBits out);
  void slice_tile(const std::uint8_t* tile, std::size_t first_pair, std::size_t tile_pairs, std::uint8_t* planes);

  Gates& gates_;
  std::size_t pairs_ = 0;
  SecretBuffer sums_;
  SecretBuffer received_;
  SecretBuffer propagate_own_;
  SecretBuffer propagate_next_;
  SecretBuffer carry_own_;
  SecretBuffer carry_next_;
  SecretBuffer mask_;
};

}  // namespace qorgan::mpc
