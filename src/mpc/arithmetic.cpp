#include "mpc/arithmetic.h"

#include "mpc/secret_words.h"
#include "mpc/shares.h"

namespace qorgan::mpc {
namespace {

std::uint8_t bit_of(const std::uint8_t* bits, std::size_t at) {
  return static_cast<std::uint8_t>(bits[at / 8] >> (at % 8) & 1);
}

}  // namespace

Status share_addends(Gates& gates, const std::uint8_t* addends, std::size_t count, MutableSharedCells out) {
  SecretBuffer mask(count);
  gates.keys().own().fill(mask.part(0, count));
  gates.kernel().add(addends, mask.data(), count, out.own);
  gates.keys().next().fill(mask.part(0, count));
  gates.kernel().subtract(out.own, mask.data(), count, out.own);
  return gates.ring().exchange({out.own, count}, {out.next, count});
}

Status bits_to_cells(Gates& gates, SharedBits bits, std::size_t count, MutableSharedCells out) {
  SecretBuffer message(count);
  std::uint8_t* const addends = out.own;
  const int party = gates.keys().party();
  if (party == 0) {
    gates.keys().next().fill(message.part(0, count));
    for (std::size_t i = 0; i < count; ++i) {
      const auto a = static_cast<std::uint8_t>(bit_of(bits.own, i) ^ bit_of(bits.next, i));
      addends[i] = a;
      message.data()[i] = static_cast<std::uint8_t>(a - message.data()[i]);
    }
    QORGAN_CHECK(gates.ring().exchange(message.part(0, count), {}));
  } else if (party == 1) {
    gates.keys().own().fill(message.part(0, count));
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint8_t x_2 = bit_of(bits.next, i);
      addends[i] = static_cast<std::uint8_t>(x_2 - 2 * message.data()[i] * x_2);
    }
  } else {
    QORGAN_CHECK(gates.ring().exchange({}, message.part(0, count)));
    for (std::size_t i = 0; i < count; ++i)
      addends[i] = static_cast<std::uint8_t>(-2 * message.data()[i] * bit_of(bits.own, i));
  }
  return share_addends(gates, addends, count, out);
}

Status add_bits(Gates& gates, SharedBits bits, std::size_t run, std::uint16_t weight, std::span<std::uint16_t> sums) {
  const std::size_t count = run * sums.size();
  SecretBuffer message(2 * count);
  const auto add = [&](std::size_t at, int addend) {
    std::uint16_t& sum = sums[at / run];
    sum = static_cast<std::uint16_t>(sum + weight * addend);
  };
  const int party = gates.keys().party();
  if (party == 0) {
    gates.keys().next().fill(message.part(0, 2 * count));
    for (std::size_t i = 0; i < count; ++i) {
      const int a = bit_of(bits.own, i) ^ bit_of(bits.next, i);
      add(i, a);
      put_word(message, i, static_cast<std::uint16_t>(a - word_at(message, i)));
    }
    return gates.ring().exchange(message.part(0, 2 * count), {});
  }
  if (party == 1) {
    gates.keys().own().fill(message.part(0, 2 * count));
    for (std::size_t i = 0; i < count; ++i) {
      const int x_2 = bit_of(bits.next, i);
      add(i, x_2 - 2 * word_at(message, i) * x_2);
    }
    return {};
  }
  QORGAN_CHECK(gates.ring().exchange({}, message.part(0, 2 * count)));
  for (std::size_t i = 0; i < count; ++i) add(i, -2 * word_at(message, i) * bit_of(bits.own, i));
  return {};
}

}  // namespace qorgan::mpc
