#include "crypto/random.h"

#include <sodium.h>

namespace qorgan::crypto {

void initialise() {
  QORGAN_ASSERT(sodium_init() >= 0);
}

void fill_random(MutableByteView out) {
  if (!out.empty()) randombytes_buf(out.data(), out.size());
}

Bytes random_bytes(std::size_t size) {
  Bytes out(size);
  fill_random(out);
  return out;
}

Key random_key() {
  Key key;
  fill_random(key.expose_mutable());
  return key;
}

std::uint32_t random_below(std::uint32_t bound) {
  QORGAN_ASSERT(bound >= 1);
  return randombytes_uniform(bound);
}

}  // namespace qorgan::crypto
