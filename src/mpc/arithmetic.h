// From shared bits to shared numbers, and sums and products of those. Cells are replicated shares modulo 256
// (mpc/shares.h); addends are what a sum modulo 2^8 or 2^16 falls into, one a custodian.
#pragma once

#include <span>

#include "mpc/gates.h"

namespace qorgan::mpc {

// This custodian's two shares of a vector of bytes that count modulo 256, equally long. Does not own them.
using SharedCells = SharedBits;
using MutableSharedCells = MutableSharedBits;

// From addends to cells: each custodian hides its addends by a share of zero and sends them on. `addends` may be
// out.own. One exchange. Errors: those of the ring.
Status share_addends(Gates& gates, const std::uint8_t* addends, std::size_t count, MutableSharedCells out);

// Cells that are 0 or 1 as the bits are; bit v is bit v mod 8 of byte v / 8. Two exchanges. Errors: those of the ring.
//
// With a = x_0 ^ x_1, which custodian 0 knows, a ^ x_2 = a + x_2 - 2 a x_2. Custodian 0 sends a - m to custodian 2, m
// being keystream that it has in common with custodian 1: then custodian 1 knows m and x_2, custodian 2 knows a - m and
// x_2, and each adds its part of a x_2. (As Mohassel and Rindal do for one secret bit: ABY3, ACM CCS 2018, 5.4.)
Status bits_to_cells(Gates& gates, SharedBits bits, std::size_t count, MutableSharedCells out);

// Adds up bits with public weights: of as many runs of `run` bits as there are sums, the s-th run counts for sums[s];
// each sum gains `weight` times the number of ones, modulo 2^16. Addends, not hidden: for a step that hides them. One
// exchange, two bytes a bit, from custodian 0 to custodian 2. Errors: those of the ring.
Status add_bits(Gates& gates, SharedBits bits, std::size_t run, std::uint16_t weight, std::span<std::uint16_t> sums);

}  // namespace qorgan::mpc
