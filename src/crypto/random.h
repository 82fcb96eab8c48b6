// Random bytes, from libsodium alone (the kernel's generator).
#pragma once

#include "base/bytes.h"
#include "crypto/secret.h"

namespace qorgan::crypto {

// Must succeed once before anything else of this module is called; repeated calls are harmless. Stops the process
// where the system has no random source.
void initialise();

void fill_random(MutableByteView out);
Bytes random_bytes(std::size_t size);
Key random_key();
// Uniform in 0 .. bound - 1; bound at least 1.
std::uint32_t random_below(std::uint32_t bound);

}  // namespace qorgan::crypto
