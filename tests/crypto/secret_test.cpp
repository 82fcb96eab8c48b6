#include "crypto/secret.h"

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <type_traits>

#include "tests/crypto/watched_memory.h"

namespace qorgan::crypto {
namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

static_assert(!std::is_copy_constructible_v<Key> && !std::is_copy_assignable_v<Key>);
static_assert(!std::is_copy_constructible_v<SecretBytes> && !std::is_copy_assignable_v<SecretBytes>);
static_assert(!Printable<Key> && !Printable<SecretBytes>);
static_assert(!std::is_convertible_v<Key, ByteView> && !std::is_convertible_v<SecretBytes, ByteView>);

TEST(Wipe, ZeroesEveryByte) {
  Bytes bytes(1000, 0xff);
  wipe(bytes);
  EXPECT_EQ(bytes, Bytes(1000, 0));
  wipe({});
}

TEST(EqualConstantTime, ComparesBytesAndLengths) {
  const Bytes a = {1, 2, 3};
  EXPECT_TRUE(equal_constant_time(a, Bytes{1, 2, 3}));
  EXPECT_FALSE(equal_constant_time(a, Bytes{1, 2, 4}));
  EXPECT_FALSE(equal_constant_time(a, Bytes{0, 2, 3}));
  EXPECT_FALSE(equal_constant_time(a, Bytes{1, 2}));
  EXPECT_TRUE(equal_constant_time({}, {}));
}

Key filled() {
  Key key;
  std::fill(key.expose_mutable().begin(), key.expose_mutable().end(), std::uint8_t{0xa5});
  return key;
}

TEST(Secret, IsWipedWhenItGoes) {
  auto key = std::make_unique<Key>(filled());
  testing_memory::watch(key.get(), sizeof(Key));
  key.reset();
  EXPECT_TRUE(testing_memory::given_back());
  EXPECT_EQ(testing_memory::left_over_bytes(), 0U);
}

TEST(Secret, LeavesNothingBehindWhenMoved) {
  Key from = filled();
  Key to(std::move(from));
  EXPECT_TRUE(to == filled());
  EXPECT_TRUE(from == Key());  // NOLINT(bugprone-use-after-move): this is what is tested
  Key assigned;
  assigned = std::move(to);
  EXPECT_TRUE(assigned == filled());
  EXPECT_TRUE(to == Key());  // NOLINT(bugprone-use-after-move)
}

TEST(Secret, CloneIsEqualAndApart) {
  const Key key = filled();
  Key other = key.clone();
  EXPECT_TRUE(other == key);
  other.expose_mutable()[31] = 0;
  EXPECT_FALSE(other == key);
}

TEST(SecretBytes, AreWipedWhenTheyGo) {
  auto bytes = std::make_unique<SecretBytes>(Bytes(500, 0xa5));
  testing_memory::watch(bytes->expose().data(), 500);
  bytes.reset();
  EXPECT_TRUE(testing_memory::given_back());
  EXPECT_EQ(testing_memory::left_over_bytes(), 0U);
}

TEST(SecretBytes, AreWipedBeforeOthersTakeTheirPlace) {
  SecretBytes bytes(Bytes(500, 0xa5));
  testing_memory::watch(bytes.expose().data(), 500);
  bytes = SecretBytes(Bytes(3, 1));
  EXPECT_TRUE(testing_memory::given_back());
  EXPECT_EQ(testing_memory::left_over_bytes(), 0U);
  EXPECT_EQ(bytes.size(), 3U);
}

TEST(SecretBytes, CloneIsEqualAndApart) {
  const SecretBytes bytes(Bytes(3, 7));
  SecretBytes other = bytes.clone();
  EXPECT_TRUE(equal_constant_time(other.expose(), bytes.expose()));
  other.expose_mutable()[0] = 0;
  EXPECT_FALSE(equal_constant_time(other.expose(), bytes.expose()));
}

}  // namespace
}  // namespace qorgan::crypto
