// AND gates on bits that the custodians share: x = x_0 ^ x_1 ^ x_2, custodian i holding x_i and x_(i+1). XOR and
// constants are local; an AND costs each custodian one bit sent (Araki, Furukawa, Lindell, Nof, Ohara, ACM CCS 2016,
// section 3.1): r_i = x_i y_i ^ x_i y_(i+1) ^ x_(i+1) y_i ^ F(k_i) ^ F(k_(i+1)), sent to custodian i-1.
#pragma once

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

// The three things that every step of a match needs. The caller keeps them alive.
class Gates {
 public:
  Gates(LaneKeys& keys, Ring& ring, const Kernel& kernel);

  LaneKeys& keys() { return keys_; }
  Ring& ring() { return ring_; }
  const Kernel& kernel() const { return kernel_; }

  // out = x AND y, XORed with the bits that the custodians give in `addends`, each its own; size_bytes bytes. `out` may
  // be x or y. One exchange. Each addend is size_bytes long or null for zero.
  Status and_into(SharedBits x, SharedBits y, std::size_t size_bytes, MutableSharedBits out,
                  std::span<const std::uint8_t* const> addends = {});

  // a ^= the constant bits that everyone knows.
  void exclusive_or_public(MutableSharedBits bits, const std::uint8_t* constant, std::size_t size_bytes);

  // out = bytes ^ F, F the next bytes of a keystream; `out` may be `bytes`.
  void exclusive_or_stream(crypto::Keystream& stream, const std::uint8_t* bytes, std::size_t size_bytes,
                           std::uint8_t* out);

 private:
  LaneKeys& keys_;
  Ring& ring_;
  const Kernel& kernel_;
  SecretBuffer mask_own_;
  SecretBuffer mask_next_;
};

}  // namespace qorgan::mpc
