// AND gates on bits that the custodians share: x = x_0 ^ x_1 ^ x_2, custodian i holding x_i and x_(i+1). XOR and
// constants are local; an AND costs each custodian one bit sent (Araki, Furukawa, Lindell, Nof, Ohara, ACM CCS 2016,
// section 3.1): r_i = x_i y_i ^ x_i y_(i+1) ^ x_(i+1) y_i ^ F(k_i) ^ F(k_(i+1)), sent to custodian i-1.
#pragma once

#include <array>
#include <span>

#include "base/result.h"
#include "mpc/kernel.h"
#include "mpc/ring.h"
#include "mpc/secret_buffer.h"
#include "mpc/session.h"

namespace qorgan::mpc {

// A vector of shared bits, eight a byte: this custodian's two shares, equally long. Does not own them.
struct SharedBits {
  const std::uint8_t* own = nullptr;
  const std::uint8_t* next = nullptr;
};
struct MutableSharedBits {
  std::uint8_t* own = nullptr;
  std::uint8_t* next = nullptr;

  operator SharedBits() const { return {own, next}; }
  MutableSharedBits at(std::size_t offset_bytes) const { return {own + offset_bytes, next + offset_bytes}; }
};

// Working memory for shared bits, wiped when it goes.
struct SharedBuffer {
  explicit SharedBuffer(std::size_t size) : own(size), next(size) {}
  MutableSharedBits at(std::size_t offset_bytes) { return {own.data() + offset_bytes, next.data() + offset_bytes}; }

  SecretBuffer own;
  SecretBuffer next;
};

// Sets the bits of the last byte from bit `count` on to zero, in both shares; there are (count + 7) / 8 bytes.
void clear_unused(MutableSharedBits bits, std::size_t count);

// The three things that every step of a match needs. The caller keeps them alive.
class Gates {
 public:
  Gates(LaneKeys& keys, Ring& ring, const Kernel& kernel);

  LaneKeys& keys() { return keys_; }
  Ring& ring() { return ring_; }
  const Kernel& kernel() const { return kernel_; }

  // out = x AND y, XORed with the bits of every custodian's `addend` (null for zero); all size_bytes long. `out` may be
  // x or y. One exchange.
  Status and_into(SharedBits x, SharedBits y, std::size_t size_bytes, MutableSharedBits out,
                  const std::uint8_t* addend = nullptr);

  // This custodian's masked addend of a0 b0 ^ a1 b1 ^ a2 b2 ^ addend: the first half of an AND gate, without the
  // exchange. `out` is none of the inputs; `addend` may be null.
  using Three = std::array<const std::uint8_t*, 3>;
  void masked_products(const Three& a, const Three& b, const std::uint8_t* addend, std::size_t size_bytes,
                       std::uint8_t* out);

  // bits ^= the constant bits that everyone knows.
  void exclusive_or_public(MutableSharedBits bits, const std::uint8_t* constant, std::size_t size_bytes);
  // The same with ones throughout.
  void complement(MutableSharedBits bits, std::size_t size_bytes);

  // out = bytes ^ F, F the next bytes of a keystream; `out` may be `bytes`.
  void exclusive_or_stream(crypto::Keystream& stream, const std::uint8_t* bytes, std::size_t size_bytes,
                           std::uint8_t* out);

 private:
  // The next masks of this custodian's zero share, F(k_i) and F(k_(i+1)).
  void make_masks(std::size_t size_bytes);

  LaneKeys& keys_;
  Ring& ring_;
  const Kernel& kernel_;
  SecretBuffer mask_own_;
  SecretBuffer mask_next_;
};

}  // namespace qorgan::mpc
