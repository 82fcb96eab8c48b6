#include "crypto/keystream.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>

#include "crypto/hash.h"

namespace qorgan::crypto {
namespace {

struct CipherDeleter {
  void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
};
struct ContextDeleter {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER, CipherDeleter>;
using Context = std::unique_ptr<EVP_CIPHER_CTX, ContextDeleter>;
using CounterBlock = std::array<std::uint8_t, 16>;

Cipher fetch(const char* name) {
  Cipher cipher(EVP_CIPHER_fetch(nullptr, name, nullptr));
  QORGAN_ASSERT(cipher != nullptr);
  return cipher;
}

Context make_context(const EVP_CIPHER* cipher, const std::uint8_t* key) {
  Context context(EVP_CIPHER_CTX_new());
  QORGAN_ASSERT(context != nullptr);
  const CounterBlock zero{};
  QORGAN_ASSERT(EVP_EncryptInit_ex2(context.get(), cipher, key, zero.data(), nullptr) == 1);
  return context;
}

// Small enough to stay in the first-level cache while it is encrypted again and again.
constexpr std::size_t kZeroBytes = std::size_t{16} << 10;
constexpr std::array<std::uint8_t, kZeroBytes> kZeros{};

void encrypt_zeros(EVP_CIPHER_CTX* context, MutableByteView out) {
  while (!out.empty()) {
    const std::size_t size = std::min(out.size(), kZeroBytes);
    int written = 0;
    QORGAN_ASSERT(EVP_EncryptUpdate(context, out.data(), &written, kZeros.data(), static_cast<int>(size)) == 1);
    QORGAN_ASSERT(static_cast<std::size_t>(written) == size);
    out = out.subspan(size);
  }
}

}  // namespace

void expand_seed(const Key& seed, MutableByteView out) {
  static const Cipher cipher = fetch("AES-256-CTR");
  const Context context = make_context(cipher.get(), seed.expose().data());
  encrypt_zeros(context.get(), out);
}

struct Keystream::State {
  Context context;
  std::optional<std::uint64_t> step;
};

Keystream::Keystream(const Key& session_key, std::uint32_t lane) : state_(std::make_unique<State>()) {
  static const Cipher cipher = fetch("AES-128-CTR");
  const Key key = derive_key(session_key.expose(), {}, "qorgan/v1/keystream/lane " + std::to_string(lane));
  state_->context = make_context(cipher.get(), key.expose().data());
}

Keystream::~Keystream() = default;
Keystream::Keystream(Keystream&&) noexcept = default;
Keystream& Keystream::operator=(Keystream&&) noexcept = default;

void Keystream::begin_step(std::uint64_t step) {
  QORGAN_ASSERT(state_ != nullptr);
  QORGAN_ASSERT(!state_->step || step > *state_->step);
  state_->step = step;
  CounterBlock counter{};
  for (std::size_t i = 0; i < 8; ++i) counter[i] = static_cast<std::uint8_t>(step >> (56 - 8 * i));
  // No key given: the schedule is kept and only the counter starts anew.
  QORGAN_ASSERT(EVP_EncryptInit_ex2(state_->context.get(), nullptr, nullptr, counter.data(), nullptr) == 1);
}

void Keystream::fill(MutableByteView out) {
  QORGAN_ASSERT(state_ != nullptr && state_->step.has_value());
  encrypt_zeros(state_->context.get(), out);
}

}  // namespace qorgan::crypto
