// Which rows of two templates are similar, on shares (docs/protocol-match.md, 4).
#pragma once

#include <span>

#include "mpc/gates.h"
#include "mpc/probe.h"
#include "mpc/sign.h"

namespace qorgan::mpc {

// Bytes of shared bits that one gallery row of one pair of fingers takes: a bit for each row of the probe.
inline constexpr std::size_t kRowBitsBytes = limits::template_rows / 8;

// One custodian's addends of the margins (mpc/reference.h) of all probe rows with the first gallery_rows (a multiple of
// 8) gallery rows of one pair of fingers, modulo 256: to out[j * stride_bytes + i] for gallery row j and probe row i.
// `role` is that of SignBits::role: what a role adds up.
void margin_addends(const Kernel& kernel, int role, const FingerPair& pair, std::size_t gallery_rows, std::uint8_t* out,
                    std::size_t stride_bytes);

// For the sieve: one shared bit for each probe row and each of the first limits::sieve_rows gallery rows, 1 where they
// are NOT similar (finger/template.h). Bit i mod 8 of byte j * row_stride_bytes + p * kRowBitsBytes + i / 8 of `out` is
// about row i of pair p's probe and row j of its gallery template. 1 .. limits::match_batch_pairs_max pairs (asserted).
// Exchanges, turn and errors: as SignBits::negative.
Status dissimilar(SignBits& signs, Gates& gates, std::span<const FingerPair> pairs, std::uint64_t turn,
                  MutableSharedBits out, std::size_t row_stride_bytes);

// In place: the AND over the limits::sieve_rows gallery rows of `pairs` pairs, bits laid out as above with
// row_stride_bytes = pairs * kRowBitsBytes. The result is the first such row: 1 where none of them is similar. Four
// exchanges. Errors: those of the ring.
Status all_over_gallery_rows(Gates& gates, MutableSharedBits bits, std::size_t pairs);

}  // namespace qorgan::mpc
