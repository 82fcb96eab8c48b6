#include "crypto/sign.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/random.h"

namespace qorgan::crypto {
namespace {

template <std::size_t N>
std::array<std::uint8_t, N> unhex(std::string_view text) {
  const Bytes bytes = from_hex(text).value();
  EXPECT_EQ(bytes.size(), N);
  std::array<std::uint8_t, N> out{};
  std::copy_n(bytes.begin(), N, out.begin());
  return out;
}

SignKeyPair key_pair(std::string_view seed, std::string_view public_key) {
  SignKeyPair pair;
  pair.public_key = unhex<32>(public_key);
  const auto seed_bytes = unhex<32>(seed);
  auto secret = pair.secret.expose_mutable();
  std::copy(seed_bytes.begin(), seed_bytes.end(), secret.begin());
  std::copy(pair.public_key.begin(), pair.public_key.end(), secret.begin() + 32);
  return pair;
}

// RFC 8032, 7.1, TEST 1 to 3.
struct Example {
  std::string_view seed, public_key, message, signature;
};
constexpr Example kExamples[] = {{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                                  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                                  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                                  "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
                                 {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                                  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                                  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                                  "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
                                 {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                                  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                                  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                                  "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"}};

TEST(Sign, GivesThePublishedSignatures) {
  for (const Example& example : kExamples) {
    const SignKeyPair pair = key_pair(example.seed, example.public_key);
    const Bytes message = from_hex(example.message).value();
    EXPECT_EQ(to_hex(sign(pair, message)), example.signature);
    EXPECT_TRUE(verify(pair.public_key, message, unhex<64>(example.signature)));
  }
}

TEST(Sign, FreshPairsDifferAndVerifyTheirOwnOnly) {
  initialise();
  const SignKeyPair a = make_sign_key_pair();
  const SignKeyPair b = make_sign_key_pair();
  EXPECT_NE(a.public_key, b.public_key);
  const Signature signature = sign(a, as_bytes("message"));
  EXPECT_TRUE(verify(a.public_key, as_bytes("message"), signature));
  EXPECT_FALSE(verify(b.public_key, as_bytes("message"), signature));
  EXPECT_FALSE(verify(a.public_key, as_bytes("messagf"), signature));
}

TEST(Sign, RefusesEachFlippedBit) {
  initialise();
  const SignKeyPair pair = make_sign_key_pair();
  Signature signature = sign(pair, as_bytes("message"));
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
    signature[bit / 8] ^= mask;
    EXPECT_FALSE(verify(pair.public_key, as_bytes("message"), signature)) << "bit " << bit;
    signature[bit / 8] ^= mask;
  }
}

// With a public key of low order, one signature would fit many messages.
TEST(Sign, RefusesPublicKeysOfLowOrder) {
  const SignPublicKey identity{1};
  Signature signature{};
  signature[0] = 1;
  EXPECT_FALSE(verify(identity, as_bytes("any"), signature));
  EXPECT_FALSE(verify(SignPublicKey{}, as_bytes("any"), Signature{}));
}

}  // namespace
}  // namespace qorgan::crypto
