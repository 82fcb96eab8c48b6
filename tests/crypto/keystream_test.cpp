#include "crypto/keystream.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <set>

#include "crypto/hash.h"
#include "crypto/random.h"

namespace qorgan::crypto {
namespace {

Bytes unhex(std::string_view text) {
  return from_hex(text).value();
}

// One block of AES by OpenSSL's ECB mode: another path than the code under test takes.
Bytes encrypt_block(ByteView key, ByteView block) {
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  const EVP_CIPHER* cipher = key.size() == 16 ? EVP_aes_128_ecb() : EVP_aes_256_ecb();
  Bytes out(32);
  int written = 0;
  EXPECT_EQ(EVP_EncryptInit_ex(context, cipher, nullptr, key.data(), nullptr), 1);
  EXPECT_EQ(EVP_EncryptUpdate(context, out.data(), &written, block.data(), 16), 1);
  EVP_CIPHER_CTX_free(context);
  out.resize(16);
  return out;
}

Bytes counter_block(std::uint64_t step, std::uint64_t block) {
  Bytes out;
  append_u64(out, step);
  append_u64(out, block);
  return out;
}

Key key_of(std::uint8_t value) {
  Key key;
  std::fill(key.expose_mutable().begin(), key.expose_mutable().end(), value);
  return key;
}

Bytes stream(const Key& session, std::uint32_t lane, std::uint64_t step, std::size_t size) {
  Keystream keystream(session, lane);
  keystream.begin_step(step);
  Bytes out(size, 0x5a);
  keystream.fill(out);
  return out;
}

// NIST SP 800-38A, F.1.1 and F.1.5 (AES-128 and AES-256, first block): the helper above is right.
TEST(Keystream, IsComparedWithTheStandardsBlocks) {
  const Bytes plain = unhex("6bc1bee22e409f96e93d7e117393172a");
  EXPECT_EQ(to_hex(encrypt_block(unhex("2b7e151628aed2a6abf7158809cf4f3c"), plain)),
            "3ad77bb40d7a3660a89ecaf32466ef97");
  EXPECT_EQ(to_hex(encrypt_block(unhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"), plain)),
            "f3eed1bdb5d2a03c064b5a7e3db181f8");
}

// SP 800-38A, 6.5: the stream is the enciphered counter blocks in turn.
TEST(Keystream, IsTheEncipheredCounterBlocks) {
  const Key session = key_of(7);
  const Key lane_key = derive_key(session.expose(), {}, "qorgan/v1/keystream/lane 3");
  const std::uint64_t step = 0x0102030405060708;
  const Bytes out = stream(session, 3, step, 16 * 2000 + 5);
  for (const std::size_t block :
       {std::size_t{0}, std::size_t{1}, std::size_t{1023}, std::size_t{1024}, std::size_t{1999}}) {
    EXPECT_EQ(to_hex(ByteView(out).subspan(16 * block, 16)),
              to_hex(encrypt_block(lane_key.expose().first(16), counter_block(step, block))))
        << "block " << block;
  }
}

TEST(Keystream, IsTheSameAtBothEndsHoweverItIsCut) {
  const Key session = key_of(9);
  Keystream whole(session, 1);
  Keystream pieces(session, 1);
  std::uint32_t state = 12345;
  for (std::uint64_t step = 1; step <= 20; ++step) {
    Bytes a(40'000);
    Bytes b(40'000);
    whole.begin_step(step);
    whole.fill(a);
    pieces.begin_step(step);
    for (std::size_t done = 0; done < b.size();) {
      state = state * 1664525U + 1013904223U;
      const std::size_t size = std::min<std::size_t>(state >> 19, b.size() - done);
      pieces.fill(MutableByteView(b).subspan(done, size));
      done += size;
    }
    EXPECT_EQ(a, b) << "step " << step;
  }
}

TEST(Keystream, AStepDoesNotDependOnWhatWasTakenBefore) {
  const Key session = key_of(9);
  Keystream used(session, 1);
  Bytes some(1001);
  used.begin_step(4);
  used.fill(some);
  used.begin_step(5);
  Bytes out(64);
  used.fill(out);
  EXPECT_EQ(out, stream(session, 1, 5, 64));
}

TEST(Keystream, StepsLanesAndSessionsShareNoBlock) {
  std::set<std::string> seen;
  std::size_t blocks = 0;
  for (std::uint8_t session = 1; session <= 3; ++session) {
    for (std::uint32_t lane = 0; lane < 3; ++lane) {
      for (std::uint64_t step = 0; step < 4; ++step) {
        const Bytes out = stream(key_of(session), lane, step, 16 * 32);
        for (std::size_t at = 0; at < out.size(); at += 16) seen.insert(to_hex(ByteView(out).subspan(at, 16)));
        blocks += out.size() / 16;
      }
    }
  }
  EXPECT_EQ(seen.size(), blocks);
}

TEST(Keystream, MovesWithItsPlace) {
  Keystream first(key_of(1), 0);
  first.begin_step(1);
  Bytes a(10);
  first.fill(a);
  Keystream second(std::move(first));
  Bytes b(10);
  second.fill(b);
  a.insert(a.end(), b.begin(), b.end());
  EXPECT_EQ(a, stream(key_of(1), 0, 1, 20));
}

TEST(KeystreamDeathTest, StopsWhenAStepComesAgain) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  Keystream keystream(key_of(1), 0);
  keystream.begin_step(5);
  EXPECT_DEATH(keystream.begin_step(5), "step > ");
  EXPECT_DEATH(keystream.begin_step(4), "step > ");
  keystream.begin_step(6);
}

TEST(KeystreamDeathTest, StopsWhenNoStepHasBegun) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  Keystream keystream(key_of(1), 0);
  Bytes out(1);
  EXPECT_DEATH(keystream.fill(out), "has_value");
}

// AESAVS, appendix C.3 (KeySbox, 256 bits): a zero block under a published key, which is the first counter block.
TEST(ExpandSeed, GivesThePublishedBlocks) {
  struct Example {
    std::string_view seed, block;
  };
  const Example examples[] = {
      {"c47b0294dbbbee0fec4757f22ffeee3587ca4730c3d33b691df38bab076bc558", "46f2fb342d6f0ab477476fc501242c5f"},
      {"28d46cffa158533194214a91e712fc2b45b518076675affd910edeca5f41ac64", "4bf3b0a69aeb6657794f2901b1440ad4"}};
  for (const Example& example : examples) {
    const Bytes bytes = unhex(example.seed);
    Bytes out(16, 1);
    expand_seed(Key(std::span<const std::uint8_t, 32>(bytes.data(), 32)), out);
    EXPECT_EQ(to_hex(out), example.block);
  }
}

TEST(ExpandSeed, CountsBlocksFromZero) {
  const Key seed = key_of(3);
  Bytes out(70'000);
  expand_seed(seed, out);
  for (const std::uint64_t block : {0U, 1U, 255U, 256U, 1024U, 4374U}) {
    EXPECT_EQ(to_hex(ByteView(out).subspan(16 * block, 16)),
              to_hex(encrypt_block(seed.expose(), counter_block(0, block))));
  }
}

TEST(ExpandSeed, DiffersBySeedAndRepeats) {
  Bytes a(4096);
  Bytes b(4096);
  Bytes c(4096);
  expand_seed(key_of(1), a);
  expand_seed(key_of(2), b);
  expand_seed(key_of(1), c);
  EXPECT_NE(a, b);
  EXPECT_EQ(a, c);
}

}  // namespace
}  // namespace qorgan::crypto
