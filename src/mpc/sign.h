// Which of many shared numbers are negative: the costly part of the private match. docs/protocol-match.md derives the
// steps and argues for their security.
#pragma once

#include <functional>

#include "base/limits.h"
#include "mpc/gates.h"

namespace qorgan::mpc {

// Values that a SignBits works on at once: those of a batch of the sieve.
inline constexpr std::size_t kSignValuesMax =
    limits::match_batch_pairs_max * limits::template_rows * limits::sieve_rows;

class SignBits {
 public:
  // Keeps about 4.6 bytes of working memory for each of kSignValuesMax values.
  explicit SignBits(Gates& gates);

  // Writes this custodian's addends of the values first, first + 1, ... to `out`.
  using Source = std::function<void(std::size_t first, MutableByteView out)>;
  // A source is asked for so many values at once, from the first on, but for the last time.
  static constexpr std::size_t kTileValues = 8192;

  // Of `count` numbers between -128 and 127, each the sum modulo 256 of one addend a custodian: one shared bit each, 1
  // where the number is negative; bit v mod 8 of byte v / 8 is about number v. `count` is a multiple of 8, 8 ..
  // kSignValuesMax (asserted); the bits are count / 8 bytes, for bits() to give.
  // The three roles of the protocol move on by one custodian from one `turn` to the next; all three give the same turn.
  // At most 8 exchanges. Errors: those of the ring.
  Status negative(std::size_t count, std::uint64_t turn, const Source& source);

  // Of the last negative(), until the next.
  SharedBits bits() const { return {carry_own_.data(), carry_next_.data()}; }

  // The role of this custodian in a turn, 0..2.
  int role(std::uint64_t turn);

 private:
  Status share_first_addend(const Source& source);
  Status share_second_addend(const Source& source);
  Status help_sharing(const Source& source);
  Status finish_adding(int role, MutableSharedBits carry);
  void slice_tile(const std::uint8_t* tile, std::size_t first, std::size_t size);
  std::array<const std::uint8_t*, 3> low_planes(const SecretBuffer& planes) const;

  Gates& gates_;
  std::size_t count_ = 0;
  std::size_t plane_bytes_ = 0;
  SecretBuffer tile_;
  SecretBuffer mask_;
  SecretBuffer sums_;
  SecretBuffer planes_;
  SecretBuffer propagate_own_;
  SecretBuffer propagate_next_;
  SecretBuffer carry_own_;
  SecretBuffer carry_next_;
};

}  // namespace qorgan::mpc
