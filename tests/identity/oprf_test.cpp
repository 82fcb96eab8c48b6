#include "identity/oprf.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <algorithm>
#include <ostream>
#include <set>

#include "base/limits.h"
#include "crypto/random.h"
#include "identity/iin.h"

namespace qorgan::identity {
namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};
static_assert(!Printable<Pseudonym> && !Printable<Blinding> && !Printable<KeyShare>);
static_assert(!std::is_copy_constructible_v<Blinding> && !std::is_copy_constructible_v<KeyShare>);

using Shares = std::array<KeyShare, kKeyHolders>;
using Evaluations = std::array<Evaluation, kKeyHolders>;

class Oprf : public testing::Test {
 protected:
  void SetUp() override { crypto::initialise(); }
};

crypto::Key key_from_hex(std::string_view text) {
  const Bytes bytes = from_hex(text).value();
  EXPECT_EQ(bytes.size(), 32U);
  return crypto::Key(std::span<const std::uint8_t, 32>(bytes.data(), 32));
}

Element element_from_hex(std::string_view text) {
  Element out{};
  const Bytes bytes = from_hex(text).value();
  std::copy_n(bytes.begin(), out.size(), out.begin());
  return out;
}

crypto::Key random_scalar() {
  crypto::Key scalar;
  crypto_core_ristretto255_scalar_random(scalar.expose_mutable().data());
  return scalar;
}

// A given key in three parts of which two are random.
Shares split(const crypto::Key& key) {
  std::array<crypto::Key, 3> parts = {random_scalar(), random_scalar(), crypto::Key()};
  auto* last = parts[2].expose_mutable().data();
  crypto_core_ristretto255_scalar_sub(last, key.expose().data(), parts[0].expose().data());
  crypto_core_ristretto255_scalar_sub(last, last, parts[1].expose().data());
  return {KeyShare{0, parts[0].clone(), parts[1].clone()}, KeyShare{1, parts[1].clone(), parts[2].clone()},
          KeyShare{2, parts[2].clone(), parts[0].clone()}};
}

Evaluations evaluate_all(const Shares& shares, const Element& blinded) {
  Evaluations out;
  for (std::size_t i = 0; i < 3; ++i) out[i] = evaluate(shares[i], blinded).value();
  return out;
}

Pseudonym pseudonym_of(const Shares& shares, ByteView input) {
  const Blinding blinding = blind(input).value();
  return combine(blinding, evaluate_all(shares, blinding.element())).value();
}

// RFC 9497, A.1.1: skSm, and the two test vectors.
constexpr std::string_view kKey = "5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e";
constexpr std::string_view kBlind = "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706";
struct Example {
  std::string_view input, blinded, evaluated, output;
};
constexpr Example kExamples[] = {
    {"00", "609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c",
     "7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e",
     "527759c3d9366f277d8c6020418d96bb393ba2afb20ff90df23fb7708264e2f3"
     "ab9135e3bd69955851de4b1f9fe8a0973396719b7912ba9ee8aa7d0b5e24bcf6"},
    {"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a", "da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418",
     "b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25",
     "f4a74c9c592497375e796aa837e907b1a045d34306a749db9f34221f7e750cb4"
     "f2a6413a6bf6fa5e19ba6348eb673934a722a7ede2e7621306d18951e7cf2c73"}};

TEST_F(Oprf, GivesThePublishedOutputsHoweverTheKeyIsSplit) {
  for (const Example& example : kExamples) {
    const Bytes input = from_hex(example.input).value();
    const auto blinding = blind_with(input, key_from_hex(kBlind));
    ASSERT_TRUE(blinding.has_value()) << blinding.error().message();
    EXPECT_EQ(to_hex(blinding->element()), example.blinded);
    for (int round = 0; round < 20; ++round) {
      const Evaluations evaluations = evaluate_all(split(key_from_hex(kKey)), blinding->element());
      Element sum{};
      for (const Evaluation& evaluation : evaluations) {
        Element next{};
        ASSERT_EQ(crypto_core_ristretto255_add(next.data(), sum.data(), evaluation.part.data()), 0);
        sum = next;
      }
      EXPECT_EQ(to_hex(sum), example.evaluated);
      EXPECT_EQ(to_hex(combine_whole(*blinding, evaluations).value()), example.output);
      EXPECT_EQ(combine(*blinding, evaluations).value().hex(), example.output.substr(0, 64));
    }
  }
}

TEST_F(Oprf, OneNumberHasOnePseudonymThroughAllBlinds) {
  const Shares shares = make_key_shares();
  std::set<Element> blinded;
  for (std::uint32_t person = 0; person < 5; ++person) {
    const crypto::SecretBytes input = pseudonym_input(make_artificial_iin(person));
    const Pseudonym first = pseudonym_of(shares, input.expose());
    for (int round = 0; round < 10; ++round) {
      const Blinding blinding = blind(input.expose()).value();
      EXPECT_TRUE(blinded.insert(blinding.element()).second);
      EXPECT_TRUE(first == combine(blinding, evaluate_all(shares, blinding.element())).value());
    }
  }
}

TEST_F(Oprf, DifferentNumbersAndKeysHaveDifferentPseudonyms) {
  std::set<std::string> seen;
  for (int key = 0; key < 3; ++key) {
    const Shares shares = make_key_shares();
    for (std::uint32_t person = 0; person < 100; ++person) {
      seen.insert(pseudonym_of(shares, pseudonym_input(make_artificial_iin(person)).expose()).hex());
    }
  }
  EXPECT_EQ(seen.size(), 300U);
}

TEST_F(Oprf, SharesHoldEachPartTwice) {
  const Shares shares = make_key_shares();
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(shares[i].custodian, static_cast<int>(i));
    EXPECT_TRUE(shares[i].next_part == shares[(i + 1) % 3].part);
    EXPECT_FALSE(shares[i].part == shares[i].next_part);
  }
}

// Which custodians combine() blames, as it writes them.
std::string blamed(const Blinding& blinding, const Evaluations& evaluations) {
  const auto combined = combine(blinding, evaluations);
  EXPECT_FALSE(combined.has_value());
  if (combined) return {};
  EXPECT_EQ(combined.error().code, ErrorCode::damaged);
  return combined.error().where;
}

TEST_F(Oprf, NamesWhoDisagrees) {
  const Shares shares = make_key_shares();
  const Shares others = make_key_shares();
  const Blinding blinding = blind(as_bytes("input")).value();
  const Evaluations right = evaluate_all(shares, blinding.element());
  const Evaluations wrong = evaluate_all(others, blinding.element());
  ASSERT_TRUE(combine(blinding, right).has_value());
  const std::string_view own_part[] = {"custodian 2 and custodian 0", "custodian 0 and custodian 1",
                                       "custodian 1 and custodian 2"};
  for (std::size_t i = 0; i < 3; ++i) {
    Evaluations changed = right;
    changed[i].part = wrong[i].part;
    EXPECT_EQ(blamed(blinding, changed), own_part[i]);
    changed = right;
    changed[i].next_part = wrong[i].next_part;
    EXPECT_EQ(blamed(blinding, changed), own_part[(i + 1) % 3]);
    changed = right;
    changed[i] = wrong[i];
    const std::string both = blamed(blinding, changed);
    EXPECT_NE(both.find(own_part[i]), std::string::npos) << both;
    EXPECT_NE(both.find(own_part[(i + 1) % 3]), std::string::npos) << both;
    EXPECT_EQ(both.find(own_part[(i + 2) % 3]), std::string::npos) << both;
  }
}

TEST_F(Oprf, RefusesAMissingOrForeignEvaluation) {
  const Shares shares = make_key_shares();
  const Blinding blinding = blind(as_bytes("input")).value();
  const Blinding other = blind(as_bytes("input")).value();
  const Evaluations right = evaluate_all(shares, blinding.element());
  for (std::size_t i = 0; i < 3; ++i) {
    Evaluations changed = right;
    changed[i] = Evaluation{};
    EXPECT_EQ(blamed(blinding, changed), "custodian " + std::to_string(i));
    changed = right;
    changed[i].next_part.fill(0xff);
    EXPECT_EQ(blamed(blinding, changed), "custodian " + std::to_string(i));
    changed = right;
    changed[i] = evaluate(shares[i], other.element()).value();
    EXPECT_FALSE(combine(blinding, changed).has_value());
    changed = right;
    std::swap(changed[i].part, changed[i].next_part);
    EXPECT_FALSE(combine(blinding, changed).has_value());
  }
}

TEST_F(Oprf, RefusesPartsThatCancelOut) {
  const Blinding blinding = blind(as_bytes("input")).value();
  const Shares shares = split(crypto::Key());
  const auto combined = combine(blinding, evaluate_all(shares, blinding.element()));
  ASSERT_FALSE(combined.has_value());
  EXPECT_EQ(combined.error().code, ErrorCode::damaged);
}

// RFC 9496, A.2: bytes that are no valid encodings, and the identity.
TEST_F(Oprf, EvaluatesNothingButElements) {
  const Shares shares = make_key_shares();
  const std::string_view bad[] = {"0000000000000000000000000000000000000000000000000000000000000000",
                                  "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                                  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                  "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                  "0100000000000000000000000000000000000000000000000000000000000000",
                                  "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                  "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"};
  for (const std::string_view text : bad) {
    const auto evaluation = evaluate(shares[0], element_from_hex(text));
    ASSERT_FALSE(evaluation.has_value()) << text;
    EXPECT_EQ(evaluation.error().code, ErrorCode::invalid_input);
  }
}

TEST_F(Oprf, BlindRefusesInputsAndScalarsOutOfRange) {
  EXPECT_FALSE(blind({}).has_value());
  EXPECT_TRUE(blind(Bytes(limits::oprf_input_bytes_max)).has_value());
  EXPECT_FALSE(blind(Bytes(limits::oprf_input_bytes_max + 1)).has_value());
  EXPECT_FALSE(blind_with(as_bytes("a"), crypto::Key()).has_value());
  // The group's order (RFC 9496, 4.4), little-endian.
  EXPECT_FALSE(
      blind_with(as_bytes("a"), key_from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"))
          .has_value());
}

TEST_F(Oprf, KeySharesSurviveTheirStoredForm) {
  for (const KeyShare& share : make_key_shares()) {
    const crypto::SecretBytes stored = serialise(share);
    EXPECT_EQ(stored.size(), kKeyShareBytes);
    const auto again = parse_key_share(stored.expose());
    ASSERT_TRUE(again.has_value()) << again.error().message();
    EXPECT_EQ(again->custodian, share.custodian);
    EXPECT_TRUE(again->part == share.part && again->next_part == share.next_part);
  }
}

TEST_F(Oprf, RefusesDamagedKeyShares) {
  const crypto::SecretBytes stored = serialise(make_key_shares()[1]);
  const Bytes good(stored.expose().begin(), stored.expose().end());
  const auto is_damaged = [](const Bytes& bytes) {
    const auto share = parse_key_share(bytes);
    return !share && share.error().code == ErrorCode::damaged;
  };
  EXPECT_FALSE(is_damaged(good));
  EXPECT_TRUE(is_damaged({}));
  EXPECT_TRUE(is_damaged(Bytes(good.begin(), good.end() - 1)));
  Bytes bad = good;
  bad.push_back(0);
  EXPECT_TRUE(is_damaged(bad));
  bad = good;
  bad[0] = 2;
  EXPECT_TRUE(is_damaged(bad));
  bad = good;
  bad[1] = 3;
  EXPECT_TRUE(is_damaged(bad));
  for (const std::ptrdiff_t start : {2, 34}) {
    bad = good;
    std::fill_n(bad.begin() + start, 32, std::uint8_t{0});
    EXPECT_TRUE(is_damaged(bad));
    std::fill_n(bad.begin() + start, 32, std::uint8_t{0xff});
    EXPECT_TRUE(is_damaged(bad));
  }
}

}  // namespace
}  // namespace qorgan::identity
