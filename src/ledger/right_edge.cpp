#include "ledger/right_edge.h"

namespace qorgan::ledger {

Result<RightEdge> RightEdge::of(std::uint64_t size, const HashReader& read) {
  RightEdge edge;
  for (int level = 63; level >= 0; --level) {
    if ((size >> level & 1) == 0) continue;
    QORGAN_TRY(const Hash root, read(level, (size >> level) - 1));
    edge.roots_.push_back(root);
  }
  edge.size_ = size;
  return edge;
}

void RightEdge::add(const Hash& leaf) {
  Hash root = leaf;
  // As in counting: each trailing one is a subtree of the same height, which becomes complete with this leaf.
  for (std::uint64_t carry = size_; (carry & 1) != 0; carry >>= 1) {
    root = node_hash(roots_.back(), root);
    roots_.pop_back();
  }
  roots_.push_back(root);
  ++size_;
}

Hash RightEdge::root() const {
  if (roots_.empty()) return empty_root();
  Hash root = roots_.back();
  for (std::size_t i = roots_.size() - 1; i-- > 0;) root = node_hash(roots_[i], root);
  return root;
}

}  // namespace qorgan::ledger
