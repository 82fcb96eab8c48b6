#include "mpc/survivors.h"

#include "mpc/secret_buffer.h"

namespace qorgan::mpc {

Result<std::vector<std::size_t>> open_survivors(Gates& gates, const AcceptShares& accepted, int lot_bits) {
  QORGAN_ASSERT(lot_bits >= 0);
  const std::size_t plane = (accepted.persons + 7) / 8;
  std::vector<std::size_t> survivors;
  if (accepted.persons == 0) return survivors;
  // Keystream as it comes is a shared random bit: custodian i lacks the third of its three parts.
  std::size_t planes = static_cast<std::size_t>(lot_bits);
  SharedBuffer lot((planes + 1) * plane);
  const auto drawn = [&](std::size_t at) { return lot.at(at * plane); };
  gates.keys().own().fill(lot.own.part(0, planes * plane));
  gates.keys().next().fill(lot.next.part(0, planes * plane));
  if (planes == 0) {
    gates.complement(drawn(0), plane);
    planes = 1;
  }
  while (planes > 1) {
    const std::size_t half = planes / 2;
    QORGAN_CHECK(gates.and_into(drawn(0), drawn(planes - half), half * plane, drawn(0)));
    planes -= half;
  }

  // Accepted or drawn: the complement of neither.
  Bytes own = accepted.own;
  Bytes next = accepted.next;
  const MutableSharedBits open{own.data(), next.data()};
  gates.complement(open, plane);
  gates.complement(drawn(0), plane);
  QORGAN_CHECK(gates.and_into(open, drawn(0), plane, open));
  Bytes third(plane);
  QORGAN_CHECK(gates.ring().exchange(next, third));
  for (std::size_t p = 0; p < accepted.persons; ++p) {
    const std::size_t byte = p / 8;
    if (((own[byte] ^ next[byte] ^ third[byte]) >> (p % 8) & 1) == 0) survivors.push_back(p);
  }
  return survivors;
}

}  // namespace qorgan::mpc
