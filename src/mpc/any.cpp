#include "mpc/any.h"

#include <algorithm>

namespace qorgan::mpc {

// None is one where all complements are.
Status any_of(Gates& gates, SharedBits bits, std::size_t count, MutableSharedBits out) {
  const std::size_t held = (count + 7) / 8;
  std::size_t size = std::max<std::size_t>(held, 1);
  SharedBuffer working(size);
  const MutableSharedBits none = working.at(0);
  std::copy_n(bits.own, held, none.own);
  std::copy_n(bits.next, held, none.next);
  clear_unused(none, count);
  gates.complement(none, size);
  while (size > 1) {
    const std::size_t half = size / 2;
    QORGAN_CHECK(gates.and_into(none, none.at(size - half), half, none));
    size -= half;
  }
  // Also where there is one person alone: what the desk is sent must not be the shares that came in.
  for (const int shift : {4, 2, 1}) {
    const auto own = static_cast<std::uint8_t>(none.own[0] >> shift);
    const auto next = static_cast<std::uint8_t>(none.next[0] >> shift);
    QORGAN_CHECK(gates.and_into(none, {&own, &next}, 1, none));
  }
  gates.complement(none, 1);
  clear_unused(none, 1);
  out.own[0] = none.own[0];
  out.next[0] = none.next[0];
  return {};
}

}  // namespace qorgan::mpc
