#include "crypto/seal.h"

#include <gtest/gtest.h>

#include <numeric>

#include "crypto/random.h"

namespace qorgan::crypto {
namespace {

Key counting_key(std::uint8_t first) {
  Key key;
  std::iota(key.expose_mutable().begin(), key.expose_mutable().end(), first);
  return key;
}

ErrorCode unseal_error(const Key& key, ByteView sealed, ByteView context) {
  const auto opened = unseal(key, sealed, context);
  EXPECT_FALSE(opened.has_value());
  return opened ? ErrorCode::internal : opened.error().code;
}

class Seal : public testing::Test {
 protected:
  void SetUp() override { initialise(); }
};

// draft-irtf-cfrg-xchacha-03, A.3.1.
TEST_F(Seal, OpensThePublishedExample) {
  const Bytes sealed =
      from_hex(
          "404142434445464748494a4b4c4d4e4f5051525354555657"
          "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39"
          "ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
          "21f9664c97637da9768812f615c68b13b52e"
          "c0875924c1c7987947deafd8780acf49")
          .value();
  const auto opened = unseal(counting_key(0x80), sealed, from_hex("50515253c0c1c2c3c4c5c6c7").value());
  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  const std::string_view expected =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be "
      "it.";
  EXPECT_TRUE(equal_constant_time(opened->expose(), as_bytes(expected)));
}

TEST_F(Seal, OpensWhatItSealed) {
  const Key key = random_key();
  for (std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{100'000}}) {
    const Bytes plain = random_bytes(size);
    const Bytes sealed = seal(key, plain, as_bytes("context"));
    EXPECT_EQ(sealed.size(), size + seal_overhead_bytes);
    const auto opened = unseal(key, sealed, as_bytes("context"));
    ASSERT_TRUE(opened.has_value());
    EXPECT_TRUE(equal_constant_time(opened->expose(), plain));
  }
}

TEST_F(Seal, NeverSealsTheSameWayTwice) {
  const Key key = random_key();
  EXPECT_NE(seal(key, as_bytes("same"), {}), seal(key, as_bytes("same"), {}));
}

TEST_F(Seal, RefusesAnotherKeyOrContext) {
  const Key key = random_key();
  const Bytes sealed = seal(key, as_bytes("plain"), as_bytes("record 1"));
  EXPECT_EQ(unseal_error(random_key(), sealed, as_bytes("record 1")), ErrorCode::damaged);
  EXPECT_EQ(unseal_error(key, sealed, as_bytes("record 2")), ErrorCode::damaged);
  EXPECT_EQ(unseal_error(key, sealed, {}), ErrorCode::damaged);
}

TEST_F(Seal, RefusesEachFlippedBit) {
  const Key key = random_key();
  Bytes sealed = seal(key, as_bytes("plain"), as_bytes("record 1"));
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
    sealed[bit / 8] ^= mask;
    EXPECT_EQ(unseal_error(key, sealed, as_bytes("record 1")), ErrorCode::damaged) << "bit " << bit;
    sealed[bit / 8] ^= mask;
  }
  EXPECT_TRUE(unseal(key, sealed, as_bytes("record 1")).has_value());
}

TEST_F(Seal, RefusesEachOtherLength) {
  const Key key = random_key();
  Bytes sealed = seal(key, as_bytes("plain"), {});
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_EQ(unseal_error(key, ByteView(sealed).first(size), {}), ErrorCode::damaged) << size << " bytes";
  }
  sealed.push_back(0);
  EXPECT_EQ(unseal_error(key, sealed, {}), ErrorCode::damaged);
}

}  // namespace
}  // namespace qorgan::crypto
