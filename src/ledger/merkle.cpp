#include "ledger/merkle.h"

#include <algorithm>
#include <bit>

#include "crypto/hash.h"

namespace qorgan::ledger {
namespace {

constexpr std::uint8_t kLeafPrefix = 0;
constexpr std::uint8_t kNodePrefix = 1;

// RFC 6962, 2.1: the largest power of two that is smaller than `leaves`, which is at least 2.
std::uint64_t left_leaves(std::uint64_t leaves) {
  return std::bit_floor(leaves - 1);
}

// Leaves begin..end-1, which form a subtree in the sense of RFC 6962, 2.1: `begin` is a multiple of the smallest power
// of two that is not below their number. Its left half is then complete, and only the right half is taken apart.
Result<Hash> hash_of(std::uint64_t begin, std::uint64_t end, const HashReader& read) {
  const std::uint64_t leaves = end - begin;
  if (std::has_single_bit(leaves)) {
    const int level = std::countr_zero(leaves);
    return read(level, begin >> level);
  }
  const std::uint64_t middle = begin + left_leaves(leaves);
  QORGAN_TRY(const Hash left, hash_of(begin, middle, read));
  QORGAN_TRY(const Hash right, hash_of(middle, end, read));
  return node_hash(left, right);
}

tl::unexpected<Error> wrong_length() {
  return failure(ErrorCode::damaged, "a Merkle proof has another length than this tree needs");
}

tl::unexpected<Error> wrong_root() {
  return failure(ErrorCode::damaged, "a Merkle proof leads to another root");
}

// The way up from a node that has no sibling on its right: it stays what it is, level after level, until it is a right
// child itself.
void climb_right_edge(std::uint64_t& node, std::uint64_t& last) {
  while (node % 2 == 0 && node != 0) {
    node >>= 1;
    last >>= 1;
  }
}

}  // namespace

Hash leaf_hash(ByteView entry) {
  Bytes input;
  input.reserve(1 + entry.size());
  input.push_back(kLeafPrefix);
  input.insert(input.end(), entry.begin(), entry.end());
  return crypto::sha256(input);
}

Hash node_hash(const Hash& left, const Hash& right) {
  std::array<std::uint8_t, 1 + 2 * std::tuple_size_v<Hash>> input{kNodePrefix};
  std::copy(right.begin(), right.end(), std::copy(left.begin(), left.end(), input.begin() + 1));
  return crypto::sha256(input);
}

Hash empty_root() {
  return crypto::sha256({});
}

Result<Hash> tree_root(std::uint64_t size, const HashReader& read) {
  if (size == 0) return empty_root();
  return hash_of(0, size, read);
}

Result<Proof> prove_inclusion(std::uint64_t index, std::uint64_t size, const HashReader& read) {
  QORGAN_ASSERT(index < size);
  Proof proof;
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  while (end - begin > 1) {
    const std::uint64_t middle = begin + left_leaves(end - begin);
    const bool in_left = index < middle;
    QORGAN_TRY(const Hash sibling, in_left ? hash_of(middle, end, read) : hash_of(begin, middle, read));
    proof.push_back(sibling);
    (in_left ? end : begin) = middle;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

Result<Proof> prove_consistency(std::uint64_t old_size, std::uint64_t size, const HashReader& read) {
  QORGAN_ASSERT(old_size <= size);
  Proof proof;
  if (old_size == 0) return proof;
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  while (end != old_size) {
    const std::uint64_t middle = begin + left_leaves(end - begin);
    const bool in_left = old_size <= middle;
    QORGAN_TRY(const Hash sibling, in_left ? hash_of(middle, end, read) : hash_of(begin, middle, read));
    proof.push_back(sibling);
    (in_left ? end : begin) = middle;
  }
  // Where the way led to the left only, what is left is the whole old tree, whose root the verifier has.
  if (begin != 0) {
    QORGAN_TRY(const Hash last, hash_of(begin, end, read));
    proof.push_back(last);
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

Status verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf, const Proof& proof,
                        const Hash& root) {
  if (index >= size) return failure(ErrorCode::invalid_input, "an entry's index is not below the log's size");
  std::uint64_t node = index;
  std::uint64_t last = size - 1;
  Hash hash = leaf;
  for (const Hash& sibling : proof) {
    if (last == 0) return wrong_length();
    if (node % 2 == 1 || node == last) {
      hash = node_hash(sibling, hash);
      climb_right_edge(node, last);
    } else {
      hash = node_hash(hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0) return wrong_length();
  if (hash != root) return wrong_root();
  return {};
}

Status verify_consistency(std::uint64_t old_size, std::uint64_t size, const Hash& old_root, const Hash& root,
                          const Proof& proof) {
  if (old_size > size) return failure(ErrorCode::invalid_input, "a log's older size is above its newer one");
  if (old_size == 0 || old_size == size) {
    if (!proof.empty()) return wrong_length();
    if (old_size == size && old_root != root) return wrong_root();
    return {};
  }
  if (proof.empty()) return wrong_length();
  std::uint64_t node = old_size - 1;
  std::uint64_t last = size - 1;
  const int complete_levels = std::countr_one(node);
  node >>= complete_levels;
  last >>= complete_levels;
  // A complete old tree is itself the first node, and is left out of the proof.
  const bool complete = std::has_single_bit(old_size);
  Hash old_hash = complete ? old_root : proof.front();
  Hash hash = old_hash;
  for (auto sibling = proof.begin() + (complete ? 0 : 1); sibling != proof.end(); ++sibling) {
    if (last == 0) return wrong_length();
    if (node % 2 == 1 || node == last) {
      old_hash = node_hash(*sibling, old_hash);
      hash = node_hash(*sibling, hash);
      climb_right_edge(node, last);
    } else {
      hash = node_hash(hash, *sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0) return wrong_length();
  if (old_hash != old_root || hash != root) return wrong_root();
  return {};
}

}  // namespace qorgan::ledger
