#include "tests/ledger/format_support.h"

#include <algorithm>
#include <bit>

#include "crypto/hash.h"

namespace qorgan::ledger::test {

std::shared_ptr<crypto::Signer> signer_of(int number) {
  const crypto::Digest seed = crypto::sha256(as_bytes("key of a test " + std::to_string(number)));
  return std::make_shared<crypto::KeySigner>(
      crypto::sign_key_pair_from_seed(crypto::Key(std::span<const std::uint8_t, 32>(seed))));
}

VerifierKey key_of(crypto::Signer& signer, const std::string& name, KeyType type) {
  return {name, type, signer.public_key()};
}

Hash hash_of_hex(std::string_view hex) {
  const Bytes bytes = from_hex(hex).value();
  Hash hash{};
  std::copy_n(bytes.begin(), hash.size(), hash.begin());
  return hash;
}

Proof proof_of_hex(const std::vector<std::string>& hex) {
  Proof proof;
  for (const std::string& hash : hex) proof.push_back(hash_of_hex(hash));
  return proof;
}

ClearTree ClearTree::of_size(std::size_t size) {
  std::vector<Bytes> entries;
  for (std::size_t i = 0; i < size; ++i) {
    const std::string text = "entry " + std::to_string(i);
    entries.emplace_back(text.begin(), text.end());
  }
  return ClearTree(std::move(entries));
}

Hash ClearTree::mth(std::size_t begin, std::size_t end) const {
  const std::size_t n = end - begin;
  if (n == 0) return crypto::sha256({});
  Bytes input;
  if (n == 1) {
    input = {0x00};
    input.insert(input.end(), entries_[begin].begin(), entries_[begin].end());
    return crypto::sha256(input);
  }
  std::size_t k = 1;
  while (2 * k < n) k *= 2;
  input = {0x01};
  for (const Hash& child : {mth(begin, begin + k), mth(begin + k, end)})
    input.insert(input.end(), child.begin(), child.end());
  return crypto::sha256(input);
}

Proof ClearTree::path(std::size_t index, std::size_t begin, std::size_t end) const {
  const std::size_t n = end - begin;
  if (n == 1) return {};
  std::size_t k = 1;
  while (2 * k < n) k *= 2;
  Proof proof = index < k ? path(index, begin, begin + k) : path(index - k, begin + k, end);
  proof.push_back(index < k ? mth(begin + k, end) : mth(begin, begin + k));
  return proof;
}

Proof ClearTree::subproof(std::size_t old_size, std::size_t begin, std::size_t end, bool known) const {
  const std::size_t n = end - begin;
  if (old_size == n) return known ? Proof{} : Proof{mth(begin, end)};
  std::size_t k = 1;
  while (2 * k < n) k *= 2;
  Proof proof =
      old_size <= k ? subproof(old_size, begin, begin + k, known) : subproof(old_size - k, begin + k, end, false);
  proof.push_back(old_size <= k ? mth(begin + k, end) : mth(begin, begin + k));
  return proof;
}

Proof ClearTree::consistency(std::size_t old_size, std::size_t size) const {
  return old_size == 0 ? Proof{} : subproof(old_size, 0, size, true);
}

HashReader ClearTree::reader() const {
  return [this](int level, std::uint64_t index) -> Result<Hash> {
    const std::size_t begin = index << level;
    const std::size_t end = (index + 1) << level;
    if (end > entries_.size()) return failure(ErrorCode::internal, "a subtree beyond the tree was asked for");
    return mth(begin, end);
  };
}

std::string SmallLog::signed_note(const Checkpoint& checkpoint) const {
  const std::string text = checkpoint.text();
  return Note{text, {sign_note(text, origin, *signer).value()}}.format();
}

}  // namespace qorgan::ledger::test
