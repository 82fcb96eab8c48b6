#include "crypto/hash.h"

#include <openssl/evp.h>
#include <sodium.h>

#include "crypto/data_of.h"

namespace qorgan::crypto {
namespace {

// OpenSSL, because it uses the processor's SHA instructions and libsodium does not.
template <std::size_t N>
std::array<std::uint8_t, N> digest(const char* algorithm, ByteView bytes) {
  std::array<std::uint8_t, N> out{};
  std::size_t size = 0;
  QORGAN_ASSERT(EVP_Q_digest(nullptr, algorithm, nullptr, bytes.data(), bytes.size(), out.data(), &size) == 1);
  QORGAN_ASSERT(size == N);
  return out;
}

}  // namespace

Digest sha256(ByteView bytes) {
  return digest<32>("SHA256", bytes);
}

std::array<std::uint8_t, 64> sha512(ByteView bytes) {
  return digest<64>("SHA512", bytes);
}

Digest hmac_sha256(ByteView key, ByteView bytes) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, data_of(key), key.size());
  crypto_auth_hmacsha256_update(&state, data_of(bytes), bytes.size());
  Digest out{};
  crypto_auth_hmacsha256_final(&state, out.data());
  sodium_memzero(&state, sizeof state);
  return out;
}

Key derive_key(ByteView input_key, ByteView salt, std::string_view info) {
  // RFC 5869, 2.2: an absent salt is a string of zeros, which HMAC makes of an empty key.
  Digest pseudo_random_key = hmac_sha256(salt, input_key);
  // RFC 5869, 2.3: with 32 bytes wanted there is one block, T(1) = HMAC(PRK, info || 0x01).
  Bytes block(info.begin(), info.end());
  block.push_back(1);
  Digest okm = hmac_sha256(pseudo_random_key, block);
  Key key{std::span<const std::uint8_t, 32>(okm)};
  wipe(pseudo_random_key);
  wipe(okm);
  return key;
}

}  // namespace qorgan::crypto
