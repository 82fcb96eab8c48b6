// The answer of a private match, one bit a person, and how the desk puts it together.
#pragma once

#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "mpc/shares.h"

namespace qorgan::mpc {

// One custodian's part of the answer: b = b_0 ^ b_1 ^ b_2, custodian i holding b_i and b_(i+1). Person p is bit p mod 8
// of byte p / 8; unused bits are zero. Uniformly random by itself; any two custodians' parts give the answer.
struct AcceptShares {
  std::size_t persons = 0;
  Bytes own;
  Bytes next;
};

// One entry a person, true where the custodians accepted. `shares` are those of custodians 0, 1 and 2 in this order.
// damaged: another number of persons or bytes, or two custodians' copies of one share differ: of every share a
// custodian sends, a neighbour sends the other copy, so that one custodian alone cannot change the answer here
// unnoticed.
Result<std::vector<bool>> reconstruct(std::span<const AcceptShares, kParties> shares);

}  // namespace qorgan::mpc
