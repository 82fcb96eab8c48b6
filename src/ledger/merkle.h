// The Merkle tree of RFC 6962, section 2.1: hashes, proofs and their checks.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace qorgan::ledger {

using Hash = std::array<std::uint8_t, 32>;
// From the leaf's sibling up to the root's child.
using Proof = std::vector<Hash>;

// SHA-256(00 || entry)
Hash leaf_hash(ByteView entry);
// SHA-256(01 || left || right)
Hash node_hash(const Hash& left, const Hash& right);
// SHA-256(""): the root of a tree without leaves.
Hash empty_root();

// The hash of the complete subtree of 2^level leaves whose first leaf is index << level. Only subtrees that lie within
// the tree are asked for. Its errors are passed on.
using HashReader = std::function<Result<Hash>(int level, std::uint64_t index)>;

// RFC 6962, 2.1. Errors: the reader's.
Result<Hash> tree_root(std::uint64_t size, const HashReader& read);
// RFC 6962, 2.1.1; index < size (asserted).
Result<Proof> prove_inclusion(std::uint64_t index, std::uint64_t size, const HashReader& read);
// RFC 6962, 2.1.2; old_size <= size (asserted). Empty where old_size is 0 or size.
Result<Proof> prove_consistency(std::uint64_t old_size, std::uint64_t size, const HashReader& read);

// RFC 9162, 2.1.3.2. Errors: damaged (the proof has another length, or leads to another root), invalid_input (index not
// below size).
Status verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf, const Proof& proof,
                        const Hash& root);
// RFC 9162, 2.1.4.2. From size 0 only the empty proof, to the same size only the same root. Errors: damaged,
// invalid_input (old_size above size).
Status verify_consistency(std::uint64_t old_size, std::uint64_t size, const Hash& old_root, const Hash& root,
                          const Proof& proof);

}  // namespace qorgan::ledger
