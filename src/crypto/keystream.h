// Keystreams for secret sharing: AES in counter mode (NIST SP 800-38A) through OpenSSL.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace qorgan::crypto {

// The bytes that a 32-byte seed stands for: AES-256-CTR under the seed, counter from zero. A seed is random and used
// for one share alone, so no two expansions ever have a key in common.
void expand_seed(const Key& seed, MutableByteView out);

// A stream of pseudo-random bytes that two custodians make alike. One stream belongs to one (session, lane, pair of
// custodians); within it, step numbers only rise, and each step starts a counter block of its own: nothing is ever
// used twice. AES-128-CTR; the counter block is step (64 bits, big-endian) || block (64 bits, big-endian).
// Not thread-safe; movable.
class Keystream {
 public:
  // The key is derived from the pair's session key, which is fresh in each session (crypto/key_exchange.h).
  Keystream(const Key& session_key, std::uint32_t lane);
  ~Keystream();
  Keystream(Keystream&&) noexcept;
  Keystream& operator=(Keystream&&) noexcept;

  // Starts a step. Steps must rise strictly (asserted).
  void begin_step(std::uint64_t step);
  // The next bytes of this step.
  void fill(MutableByteView out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace qorgan::crypto
