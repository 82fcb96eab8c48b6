#include "crypto/seal.h"

#include <sodium.h>

#include "crypto/random.h"

namespace qorgan::crypto {
namespace {

constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(kNonceBytes + kTagBytes == seal_overhead_bytes);

}  // namespace

Bytes seal(const Key& key, ByteView plain, ByteView context) {
  Bytes out(seal_overhead_bytes + plain.size());
  fill_random(MutableByteView(out).first(kNonceBytes));
  unsigned long long written = 0;
  const int rc = crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + kNonceBytes, &written, plain.data(),
                                                            plain.size(), context.data(), context.size(), nullptr,
                                                            out.data(), key.expose().data());
  QORGAN_ASSERT(rc == 0 && written == plain.size() + kTagBytes);
  return out;
}

Result<SecretBytes> unseal(const Key& key, ByteView sealed, ByteView context) {
  if (sealed.size() < seal_overhead_bytes) {
    return failure(ErrorCode::damaged, "sealed bytes are shorter than their nonce and tag");
  }
  const ByteView nonce = sealed.first(kNonceBytes);
  const ByteView body = sealed.subspan(kNonceBytes);
  SecretBytes plain(sealed.size() - seal_overhead_bytes);
  unsigned long long written = 0;
  const int rc = crypto_aead_xchacha20poly1305_ietf_decrypt(plain.expose_mutable().data(), &written, nullptr,
                                                            body.data(), body.size(), context.data(), context.size(),
                                                            nonce.data(), key.expose().data());
  if (rc != 0) return failure(ErrorCode::damaged, "sealed bytes fail their check (changed, or sealed otherwise)");
  QORGAN_ASSERT(written == plain.size());
  return plain;
}

}  // namespace qorgan::crypto
