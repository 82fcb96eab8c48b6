// Which rows of two templates are similar, on shares: the costly part of the private match. docs/protocol.md, "The
// private match", derives the steps and argues for their security.
#pragma once

#include <span>

#include "mpc/gates.h"
#include "mpc/probe.h"

namespace qorgan::mpc {

// Bytes of shared bits that one gallery row of one pair of fingers takes: a bit for each row of the probe.
inline constexpr std::size_t kRowBitsBytes = limits::template_rows / 8;

class Similarity {
 public:
  // Keeps about 4.7 KiB of working memory for each of limits::match_batch_pairs_max pairs.
  explicit Similarity(Gates& gates);

  // One shared bit for each pair of rows, 1 where they are NOT similar (finger/template.h). Bit i mod 8 of byte
  // j * row_stride_bytes + p * kRowBitsBytes + i / 8 of `out` is about row i of pair p's probe and row j of its gallery
  // template. 1 .. limits::match_batch_pairs_max pairs (asserted).
  // The three roles of the protocol move on by one custodian from one `turn` to the next; all three give the same turn.
  // At most 8 exchanges. Errors: those of the ring.
  Status dissimilar(std::span<const FingerPair> pairs, std::uint64_t turn, MutableSharedBits out,
                    std::size_t row_stride_bytes);

 private:
  Status share_first_addend(std::span<const FingerPair> pairs);
  Status share_second_addend(std::span<const FingerPair> pairs);
  Status help_sharing(std::span<const FingerPair> pairs);
  Status finish_adding(int role);
  void slice_tile(const std::uint8_t* tile, std::size_t first_pair, std::size_t tile_pairs);
  std::array<const std::uint8_t*, 3> low_planes(const SecretBuffer& planes) const;

  Gates& gates_;
  std::size_t pairs_ = 0;
  std::size_t plane_bytes_ = 0;
  SecretBuffer tile_;
  SecretBuffer mask_;
  SecretBuffer sums_;
  SecretBuffer planes_;
  SecretBuffer propagate_own_;
  SecretBuffer propagate_next_;
  SecretBuffer carry_own_;
  SecretBuffer carry_next_;
};

// In place: the AND over the 32 gallery rows of `pairs` pairs, bits laid out as above with
// row_stride_bytes = pairs * kRowBitsBytes. The result is the first such row: 1 where no gallery row is similar. Five
// exchanges. Errors: those of the ring.
Status all_over_gallery_rows(Gates& gates, MutableSharedBits bits, std::size_t pairs);

}  // namespace qorgan::mpc
