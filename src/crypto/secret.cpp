#include "crypto/secret.h"

#include <sodium.h>

#include "crypto/data_of.h"

namespace qorgan::crypto {

void wipe(MutableByteView bytes) {
  if (!bytes.empty()) sodium_memzero(bytes.data(), bytes.size());
}

bool equal_constant_time(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  return sodium_memcmp(data_of(a), data_of(b), a.size()) == 0;
}

}  // namespace qorgan::crypto
