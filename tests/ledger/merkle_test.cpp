#include "ledger/merkle.h"

#include <gmock/gmock.h>

#include <map>

#include "tests/ledger/format_support.h"

namespace qorgan::ledger {
namespace {

using test::ClearTree;
using test::hash_of_hex;
using test::proof_of_hex;

// The tree of the certificate-transparency project's tests (google/certificate-transparency, merkletree), with its
// roots and proofs.
ClearTree known_tree() {
  std::vector<Bytes> entries;
  for (const char* hex :
       {"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"})
    entries.push_back(from_hex(hex).value());
  return ClearTree(std::move(entries));
}

const std::vector<std::string> kKnownRoots = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                              "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                              "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                              "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                              "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                              "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                              "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                              "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                              "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

TEST(Merkle, KnownRoots) {
  const ClearTree tree = known_tree();
  for (std::size_t size = 0; size <= tree.size(); ++size) {
    EXPECT_EQ(tree_root(size, tree.reader()).value(), hash_of_hex(kKnownRoots[size])) << size;
    EXPECT_EQ(tree.root(size), hash_of_hex(kKnownRoots[size])) << "the reference, " << size;
  }
  EXPECT_EQ(empty_root(), hash_of_hex(kKnownRoots[0]));
}

TEST(Merkle, KnownInclusionProofs) {
  struct Known {
    std::uint64_t index;
    std::uint64_t size;
    std::vector<std::string> proof;
  };
  const std::vector<Known> known = {{0, 1, {}},
                                    {0,
                                     8,
                                     {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                                      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
                                    {5,
                                     8,
                                     {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                                      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                                      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
                                    {2, 3, {"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}},
                                    {1,
                                     5,
                                     {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}}};
  const ClearTree tree = known_tree();
  for (const Known& one : known) {
    SCOPED_TRACE(testing::Message() << one.index << " of " << one.size);
    EXPECT_EQ(prove_inclusion(one.index, one.size, tree.reader()).value(), proof_of_hex(one.proof));
    EXPECT_TRUE(verify_inclusion(one.index, one.size, leaf_hash(tree.entry(one.index)), proof_of_hex(one.proof),
                                 hash_of_hex(kKnownRoots[one.size])));
  }
}

TEST(Merkle, KnownConsistencyProofs) {
  struct Known {
    std::uint64_t old_size;
    std::uint64_t size;
    std::vector<std::string> proof;
  };
  const std::vector<Known> known = {{1, 1, {}},
                                    {1,
                                     8,
                                     {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                                      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
                                    {6,
                                     8,
                                     {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                                      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                                      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
                                    {2,
                                     5,
                                     {"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}}};
  const ClearTree tree = known_tree();
  for (const Known& one : known) {
    SCOPED_TRACE(testing::Message() << one.old_size << " to " << one.size);
    EXPECT_EQ(prove_consistency(one.old_size, one.size, tree.reader()).value(), proof_of_hex(one.proof));
    EXPECT_TRUE(verify_consistency(one.old_size, one.size, hash_of_hex(kKnownRoots[one.old_size]),
                                   hash_of_hex(kKnownRoots[one.size]), proof_of_hex(one.proof)));
  }
}

// Calls `check` with the proof changed in every way of a kind: a bit in each hash, a hash less, a hash more.
template <class Check>
void for_each_change(const Proof& proof, std::mt19937_64& random, const Check& check) {
  for (std::size_t i = 0; i < proof.size(); ++i) {
    Proof changed = proof;
    changed[i][random() % changed[i].size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
    check(changed);
    Proof shorter = proof;
    shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
    check(shorter);
  }
  for (std::size_t i = 0; i <= proof.size(); ++i) {
    Proof longer = proof;
    longer.insert(longer.begin() + static_cast<std::ptrdiff_t>(i), i == 0 ? Hash{} : proof[i - 1]);
    check(longer);
  }
}

constexpr std::size_t kAllSizes = 130;

class EveryProof : public testing::TestWithParam<std::size_t> {
 protected:
  // Roots of all sizes up to kAllSizes, of one tree.
  static const ClearTree& tree() {
    static const ClearTree the_tree = ClearTree::of_size(kAllSizes);
    return the_tree;
  }
  static const std::vector<Hash>& roots() {
    static const std::vector<Hash> all = [] {
      std::vector<Hash> made;
      for (std::size_t size = 0; size <= kAllSizes; ++size) made.push_back(tree().root(size));
      return made;
    }();
    return all;
  }
};

TEST_P(EveryProof, OfInclusion) {
  const std::size_t size = GetParam();
  std::mt19937_64 random(size);
  for (std::size_t index = 0; index < size; ++index) {
    SCOPED_TRACE(testing::Message() << index << " of " << size);
    const Proof proof = prove_inclusion(index, size, tree().reader()).value();
    ASSERT_EQ(proof, tree().inclusion(index, size));
    const Hash leaf = leaf_hash(tree().entry(index));
    ASSERT_TRUE(verify_inclusion(index, size, leaf, proof, roots()[size]));
    for_each_change(proof, random, [&](const Proof& changed) {
      EXPECT_EQ(verify_inclusion(index, size, leaf, changed, roots()[size]).error().code, ErrorCode::damaged);
    });
    for (std::size_t other = 0; other < size; ++other) {
      if (other == index) continue;
      EXPECT_FALSE(verify_inclusion(other, size, leaf, proof, roots()[size])) << "as " << other;
    }
    // A proof says nothing of the size by itself; size and root come together, from one checkpoint.
    for (std::size_t other : {size - 1, size + 1, 2 * size}) {
      if (other <= index || other > kAllSizes) continue;
      EXPECT_FALSE(verify_inclusion(index, other, leaf, proof, roots()[other])) << "in " << other;
    }
    EXPECT_EQ(verify_inclusion(size, size, leaf, proof, roots()[size]).error().code, ErrorCode::invalid_input);
  }
}

TEST_P(EveryProof, OfConsistency) {
  const std::size_t size = GetParam();
  std::mt19937_64 random(size);
  for (std::size_t old_size = 0; old_size <= size; ++old_size) {
    SCOPED_TRACE(testing::Message() << old_size << " to " << size);
    const Proof proof = prove_consistency(old_size, size, tree().reader()).value();
    ASSERT_EQ(proof, tree().consistency(old_size, size));
    const auto verify = [&](std::size_t from, std::size_t to, const Proof& shown) {
      return verify_consistency(from, to, roots()[from], roots()[to], shown);
    };
    ASSERT_TRUE(verify(old_size, size, proof));
    for_each_change(proof, random, [&](const Proof& changed) {
      EXPECT_EQ(verify(old_size, size, changed).error().code, ErrorCode::damaged);
    });
    if (old_size == 0) continue;
    if (old_size < size) {
      EXPECT_FALSE(verify(old_size, size, {}));
    }
    for (std::size_t other : {old_size - 1, old_size + 1}) {
      if (other == 0 || other > size) continue;
      EXPECT_FALSE(verify(other, size, proof)) << "from " << other;
    }
    Hash wrong = roots()[old_size];
    wrong[random() % wrong.size()] ^= 1;
    EXPECT_FALSE(verify_consistency(old_size, size, wrong, roots()[size], proof));
    wrong = roots()[size];
    wrong[random() % wrong.size()] ^= 1;
    EXPECT_FALSE(verify_consistency(old_size, size, roots()[old_size], wrong, proof));
  }
  EXPECT_EQ(verify_consistency(size + 1, size, roots()[size], roots()[size], {}).error().code,
            ErrorCode::invalid_input);
}

INSTANTIATE_TEST_SUITE_P(Sizes, EveryProof,
                         testing::Values(1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 50, 63, 64, 65, 100, 127,
                                         128, 129, 130));

TEST(Merkle, AllSizes) {
  const ClearTree tree = ClearTree::of_size(kAllSizes);
  for (std::size_t size = 1; size <= kAllSizes; ++size) {
    const Hash root = tree_root(size, tree.reader()).value();
    ASSERT_EQ(root, tree.root(size));
    for (std::size_t index = 0; index < size; ++index) {
      SCOPED_TRACE(testing::Message() << index << " of " << size);
      const Proof inclusion = prove_inclusion(index, size, tree.reader()).value();
      ASSERT_EQ(inclusion, tree.inclusion(index, size));
      ASSERT_TRUE(verify_inclusion(index, size, leaf_hash(tree.entry(index)), inclusion, root));
      const Proof consistency = prove_consistency(index, size, tree.reader()).value();
      ASSERT_EQ(consistency, tree.consistency(index, size));
      ASSERT_TRUE(verify_consistency(index, size, tree.root(index), root, consistency));
    }
  }
}

TEST(Merkle, EveryByteOfAProofMatters) {
  const ClearTree tree = known_tree();
  const Proof proof = tree.inclusion(5, 8);
  for (std::size_t byte = 0; byte < 32 * proof.size(); ++byte) {
    Proof changed = proof;
    changed[byte / 32][byte % 32] ^= 0x10;
    EXPECT_FALSE(verify_inclusion(5, 8, leaf_hash(tree.entry(5)), changed, tree.root(8))) << byte;
  }
}

// A tree of any size whose leaves are all alike: the hash of a complete subtree depends on its level alone.
class UniformTree {
 public:
  UniformTree() {
    complete_.push_back(leaf_hash(as_bytes("alike")));
    for (int level = 1; level < 64; ++level) complete_.push_back(node_hash(complete_.back(), complete_.back()));
  }
  HashReader reader(std::uint64_t size) const {
    return [this, size](int level, std::uint64_t index) -> Result<Hash> {
      EXPECT_LE(index + 1, size >> level) << "beyond the tree";
      return complete_[static_cast<std::size_t>(level)];
    };
  }
  // By RFC 6962's definition, each size once.
  Hash root(std::uint64_t size) {
    if (size == 1) return complete_[0];
    const auto known = roots_.find(size);
    if (known != roots_.end()) return known->second;
    std::uint64_t k = 1;
    while (k < size - k) k *= 2;
    return roots_[size] = node_hash(root(k), root(size - k));
  }
  const Hash& leaf() const { return complete_[0]; }

 private:
  std::vector<Hash> complete_;
  std::map<std::uint64_t, Hash> roots_;
};

TEST(Merkle, LargeTrees) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  UniformTree tree;
  for (int round = 0; round < 300; ++round) {
    const std::uint64_t largest = round == 0 ? (std::uint64_t{1} << 63) - 1 : (std::uint64_t{1} << (1 + round % 62));
    const std::uint64_t size = round == 0 ? largest : 1 + random() % largest;
    const std::uint64_t place = random() % size;
    SCOPED_TRACE(testing::Message() << place << " of " << size);
    const Hash root = tree_root(size, tree.reader(size)).value();
    ASSERT_EQ(root, tree.root(size));
    const Proof inclusion = prove_inclusion(place, size, tree.reader(size)).value();
    EXPECT_LE(inclusion.size(), 63U);
    EXPECT_TRUE(verify_inclusion(place, size, tree.leaf(), inclusion, root));
    const std::uint64_t old_size = place + 1;
    const Proof consistency = prove_consistency(old_size, size, tree.reader(size)).value();
    EXPECT_LE(consistency.size(), size > std::uint64_t{1} << 62 ? 64U : 63U);
    EXPECT_TRUE(verify_consistency(old_size, size, tree.root(old_size), root, consistency));
    for_each_change(inclusion, random, [&](const Proof& changed) {
      EXPECT_FALSE(verify_inclusion(place, size, tree.leaf(), changed, root));
    });
    for_each_change(consistency, random, [&](const Proof& changed) {
      EXPECT_FALSE(verify_consistency(old_size, size, tree.root(old_size), root, changed));
    });
  }
}

TEST(Merkle, ReaderErrorsArePassedOn) {
  const HashReader broken = [](int, std::uint64_t) -> Result<Hash> {
    return failure(ErrorCode::unavailable, "no tile");
  };
  EXPECT_EQ(tree_root(5, broken).error().code, ErrorCode::unavailable);
  EXPECT_EQ(prove_inclusion(3, 5, broken).error().code, ErrorCode::unavailable);
  EXPECT_EQ(prove_consistency(3, 5, broken).error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace qorgan::ledger
