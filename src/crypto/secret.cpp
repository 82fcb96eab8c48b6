#include "crypto/secret.h"

#include <sodium.h>

namespace qorgan::crypto {

void wipe(MutableByteView bytes) {
  sodium_memzero(bytes.data(), bytes.size());
}

bool equal_constant_time(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  return sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace qorgan::crypto
