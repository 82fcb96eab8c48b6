#include "crypto/hash.h"

#include <gtest/gtest.h>

namespace qorgan::crypto {
namespace {

Bytes unhex(std::string_view text) {
  return from_hex(text).value();
}
Bytes repeated(std::uint8_t value, std::size_t count) {
  return Bytes(count, value);
}

// FIPS 180-4, examples of NIST's Cryptographic Standards and Guidelines page.
TEST(Sha256, GivesThePublishedDigests) {
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha512, GivesThePublishedDigest) {
  EXPECT_EQ(to_hex(sha512(as_bytes("abc"))),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

// RFC 4231, 4.2, 4.3, 4.4 and 4.7 (a key longer than a block).
TEST(HmacSha256, GivesThePublishedTags) {
  EXPECT_EQ(to_hex(hmac_sha256(repeated(0x0b, 20), as_bytes("Hi There"))),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(repeated(0xaa, 20), repeated(0xdd, 50))),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(
      to_hex(hmac_sha256(repeated(0xaa, 131), as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

std::string as_text(const Bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

// RFC 5869, A.1 and A.3; the first 32 bytes of the output do not depend on its length.
TEST(DeriveKey, GivesThePublishedKeys) {
  const Key a1 =
      derive_key(repeated(0x0b, 22), unhex("000102030405060708090a0b0c"), as_text(unhex("f0f1f2f3f4f5f6f7f8f9")));
  EXPECT_EQ(to_hex(a1.expose()), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
  const Key a3 = derive_key(repeated(0x0b, 22), {}, {});
  EXPECT_EQ(to_hex(a3.expose()), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

TEST(DeriveKey, DependsOnKeySaltAndInfo) {
  const Bytes key = repeated(1, 32);
  const Key base = derive_key(key, {}, "a");
  EXPECT_TRUE(base == derive_key(key, {}, "a"));
  EXPECT_FALSE(base == derive_key(repeated(2, 32), {}, "a"));
  EXPECT_FALSE(base == derive_key(key, as_bytes("salt"), "a"));
  EXPECT_FALSE(base == derive_key(key, {}, "b"));
}

}  // namespace
}  // namespace qorgan::crypto
