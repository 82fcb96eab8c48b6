#include "crypto/key_exchange.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/hash.h"
#include "crypto/random.h"

namespace qorgan::crypto {
namespace {

ExchangePublicKey unhex(std::string_view text) {
  const Bytes bytes = from_hex(text).value();
  ExchangePublicKey out{};
  EXPECT_EQ(bytes.size(), out.size());
  std::copy_n(bytes.begin(), out.size(), out.begin());
  return out;
}

class AgreeKey : public testing::Test {
 protected:
  void SetUp() override { initialise(); }
};

// RFC 7748, 6.1: Alice's and Bob's keys, and K.
TEST_F(AgreeKey, DerivesFromThePublishedSharedSecret) {
  const ExchangeKeyPair alice{Key(unhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")),
                              unhex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")};
  const ExchangePublicKey bob = unhex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  const ExchangePublicKey shared = unhex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
  Bytes salt(alice.public_key.begin(), alice.public_key.end());
  salt.insert(salt.end(), bob.begin(), bob.end());
  const auto agreed = agree_key(alice, bob, true, "context");
  ASSERT_TRUE(agreed.has_value());
  EXPECT_TRUE(*agreed == derive_key(shared, salt, "context"));
}

TEST_F(AgreeKey, IsTheSameAtBothEnds) {
  for (int i = 0; i < 20; ++i) {
    const ExchangeKeyPair a = make_exchange_key_pair();
    const ExchangeKeyPair b = make_exchange_key_pair();
    const auto at_a = agree_key(a, b.public_key, true, "context");
    const auto at_b = agree_key(b, a.public_key, false, "context");
    ASSERT_TRUE(at_a.has_value() && at_b.has_value());
    EXPECT_TRUE(*at_a == *at_b);
  }
}

TEST_F(AgreeKey, DiffersByContextOrderAndSession) {
  const ExchangeKeyPair a = make_exchange_key_pair();
  const ExchangeKeyPair b = make_exchange_key_pair();
  const auto base = agree_key(a, b.public_key, true, "context");
  ASSERT_TRUE(base.has_value());
  EXPECT_FALSE(*base == *agree_key(a, b.public_key, true, "other context"));
  EXPECT_FALSE(*base == *agree_key(a, b.public_key, false, "context"));
  EXPECT_FALSE(*base == *agree_key(make_exchange_key_pair(), b.public_key, true, "context"));
}

TEST_F(AgreeKey, RefusesLowOrderPoints) {
  const ExchangeKeyPair own = make_exchange_key_pair();
  // Points of order at most 8 in their canonical forms.
  const std::string_view points[] = {"0000000000000000000000000000000000000000000000000000000000000000",
                                     "0100000000000000000000000000000000000000000000000000000000000000",
                                     "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                     "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                                     "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"};
  for (std::string_view point : points) {
    const auto agreed = agree_key(own, unhex(point), true, "context");
    ASSERT_FALSE(agreed.has_value()) << point;
    EXPECT_EQ(agreed.error().code, ErrorCode::damaged);
  }
}

}  // namespace
}  // namespace qorgan::crypto
