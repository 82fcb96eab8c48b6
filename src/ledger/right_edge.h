// A Merkle tree that grows to the right, of which only the roots of its complete subtrees are kept.
#pragma once

#include <vector>

#include "ledger/merkle.h"

namespace qorgan::ledger {

class RightEdge {
 public:
  RightEdge() = default;
  // Of the tree of `size` leaves whose subtrees `read` knows. Errors: the reader's.
  static Result<RightEdge> of(std::uint64_t size, const HashReader& read);

  std::uint64_t size() const { return size_; }
  void add(const Hash& leaf);
  // RFC 6962, 2.1.
  Hash root() const;

 private:
  std::uint64_t size_ = 0;
  std::vector<Hash> roots_;  // one for each bit that is set in the size, largest subtree first
};

}  // namespace qorgan::ledger
