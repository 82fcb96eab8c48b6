// What the tests of the log's formats share: keys from fixed seeds, a tree computed as RFC 6962 defines it, a small log
// that signs whatever it is told to.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "ledger/proof.h"

namespace qorgan::ledger::test {

// The same number gives the same key.
std::shared_ptr<crypto::Signer> signer_of(int number);
VerifierKey key_of(crypto::Signer& signer, const std::string& name, KeyType type = KeyType::ed25519);

Hash hash_of_hex(std::string_view hex);
Proof proof_of_hex(const std::vector<std::string>& hex);

// RFC 6962, 2.1, word for word and as slow as that: the tests' reference.
class ClearTree {
 public:
  explicit ClearTree(std::vector<Bytes> entries) : entries_(std::move(entries)) {}
  // Entries "entry 0", "entry 1", ...
  static ClearTree of_size(std::size_t size);

  std::size_t size() const { return entries_.size(); }
  const Bytes& entry(std::size_t index) const { return entries_[index]; }
  Hash root(std::size_t size) const { return mth(0, size); }
  Proof inclusion(std::size_t index, std::size_t size) const { return path(index, 0, size); }
  Proof consistency(std::size_t old_size, std::size_t size) const;
  HashReader reader() const;

 private:
  Hash mth(std::size_t begin, std::size_t end) const;
  Proof path(std::size_t index, std::size_t begin, std::size_t end) const;
  Proof subproof(std::size_t old_size, std::size_t begin, std::size_t end, bool known) const;

  std::vector<Bytes> entries_;
};

// A log in memory.
struct SmallLog {
  std::string origin = "log.example/one";
  std::shared_ptr<crypto::Signer> signer = signer_of(1);
  ClearTree tree = ClearTree::of_size(40);

  VerifierKey key() const { return key_of(*signer, origin); }
  Checkpoint checkpoint(std::size_t size) const { return {origin, size, tree.root(size)}; }
  // Signed by the log alone.
  std::string signed_note(const Checkpoint& checkpoint) const;
};

}  // namespace qorgan::ledger::test
