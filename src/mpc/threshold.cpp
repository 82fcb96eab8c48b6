#include "mpc/threshold.h"

#include <algorithm>

#include "mpc/secret_words.h"
#include "mpc/shares.h"

namespace qorgan::mpc {
namespace {

constexpr std::size_t kDigits = 16;

// Plane k holds bit k of each number.
void to_planes(std::span<const std::uint16_t> numbers, std::size_t plane_bytes, std::uint8_t* planes) {
  std::fill_n(planes, kDigits * plane_bytes, std::uint8_t{0});
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    for (std::size_t k = 0; k < kDigits; ++k) {
      std::uint8_t& byte = planes[k * plane_bytes + i / 8];
      byte = static_cast<std::uint8_t>(byte | (numbers[i] >> k & 1) << (i % 8));
    }
  }
}

// As in mpc/sign.h: the sum falls into u, which custodian 0 knows, and v, which custodian 1 knows; both share the
// digits of theirs. u_k has the shares (u_k ^ r, r, 0), v_k the shares (0, v_k ^ s, s).
Status share_digits(Gates& gates, std::span<const std::uint16_t> addends, SharedBuffer& u, SharedBuffer& v,
                    std::size_t plane_bytes) {
  const std::size_t message_bytes = 2 * addends.size();
  const std::size_t planes_bytes = kDigits * plane_bytes;
  LaneKeys& keys = gates.keys();
  SecretBuffer message(message_bytes);
  SecretWords sums(addends);
  if (keys.party() == 0) {
    keys.own().fill(message.part(0, message_bytes));
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = static_cast<std::uint16_t>(sums[i] - word_at(message, i));
    to_planes(sums.all(), plane_bytes, u.own.data());
    keys.next().fill({u.next.data(), planes_bytes});
    gates.kernel().exclusive_or(u.own.data(), u.next.data(), planes_bytes, u.own.data());
    QORGAN_CHECK(gates.ring().exchange(u.own.part(0, planes_bytes), {}));
    return gates.ring().exchange({}, v.next.part(0, planes_bytes));
  }
  if (keys.party() == 1) {
    QORGAN_CHECK(gates.ring().exchange({}, message.part(0, message_bytes)));
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = static_cast<std::uint16_t>(sums[i] + word_at(message, i));
    to_planes(sums.all(), plane_bytes, v.own.data());
    keys.own().fill({u.own.data(), planes_bytes});
    keys.next().fill({v.next.data(), planes_bytes});
    gates.kernel().exclusive_or(v.own.data(), v.next.data(), planes_bytes, v.own.data());
    return gates.ring().exchange(v.own.part(0, planes_bytes), {});
  }
  keys.next().fill(message.part(0, message_bytes));
  for (std::size_t i = 0; i < sums.size(); ++i)
    put_word(message, i, static_cast<std::uint16_t>(sums[i] + word_at(message, i)));
  keys.own().fill({v.own.data(), planes_bytes});
  return gates.ring().exchange(message.part(0, message_bytes), u.next.part(0, planes_bytes));
}

}  // namespace

// The carry into the sign digit by the two rules for a run of digits, high after low: generate = g_high ^ p_high g_low,
// propagate = p_high p_low. Halving the 15 digits takes four rounds.
Status not_negative(Gates& gates, std::span<const std::uint16_t> addends, MutableSharedBits out) {
  QORGAN_ASSERT(!addends.empty());
  const std::size_t plane = (addends.size() + 7) / 8;
  const Kernel& kernel = gates.kernel();
  SharedBuffer u(kDigits * plane);
  SharedBuffer v(kDigits * plane);
  QORGAN_CHECK(share_digits(gates, addends, u, v, plane));

  std::size_t digits = kDigits - 1;
  // generate, then propagate; the runs of digits from the lowest to the highest.
  SharedBuffer runs(2 * digits * plane);
  const auto generate = [&] { return runs.at(0); };
  const auto propagate = [&](std::size_t runs_now) { return runs.at(runs_now * plane); };
  QORGAN_CHECK(gates.and_into(u.at(0), v.at(0), digits * plane, generate()));
  kernel.exclusive_or(u.own.data(), v.own.data(), kDigits * plane, u.own.data());
  kernel.exclusive_or(u.next.data(), v.next.data(), kDigits * plane, u.next.data());
  std::copy_n(u.own.data(), digits * plane, propagate(digits).own);
  std::copy_n(u.next.data(), digits * plane, propagate(digits).next);

  SharedBuffer left(2 * digits * plane);
  SharedBuffer right(2 * digits * plane);
  const auto copy = [&](MutableSharedBits from, MutableSharedBits to) {
    std::copy_n(from.own, plane, to.own);
    std::copy_n(from.next, plane, to.next);
  };
  while (digits > 1) {
    // Where the number is odd, the lowest run waits for the next round.
    const std::size_t odd = digits % 2;
    const std::size_t joined = digits / 2;
    for (std::size_t i = 0; i < joined; ++i) {
      const std::size_t low = odd + 2 * i;
      const MutableSharedBits high_propagate = propagate(digits).at((low + 1) * plane);
      copy(high_propagate, left.at(i * plane));
      copy(high_propagate, left.at((joined + i) * plane));
      copy(generate().at(low * plane), right.at(i * plane));
      copy(propagate(digits).at(low * plane), right.at((joined + i) * plane));
    }
    QORGAN_CHECK(gates.and_into(left.at(0), right.at(0), 2 * joined * plane, left.at(0)));
    const std::size_t after = joined + odd;
    SharedBuffer next(2 * after * plane);
    if (odd == 1) {
      copy(generate(), next.at(0));
      copy(propagate(digits), next.at(after * plane));
    }
    for (std::size_t i = 0; i < joined; ++i) {
      const MutableSharedBits to = next.at((odd + i) * plane);
      copy(generate().at((odd + 2 * i + 1) * plane), to);
      kernel.exclusive_or(to.own, left.own.data() + i * plane, plane, to.own);
      kernel.exclusive_or(to.next, left.next.data() + i * plane, plane, to.next);
      copy(left.at((joined + i) * plane), next.at((after + odd + i) * plane));
    }
    runs = std::move(next);
    digits = after;
  }
  // The sign digit itself, and its complement.
  const std::size_t sign = (kDigits - 1) * plane;
  kernel.exclusive_or(generate().own, u.own.data() + sign, plane, out.own);
  kernel.exclusive_or(generate().next, u.next.data() + sign, plane, out.next);
  gates.complement(out, plane);
  clear_unused(out, addends.size());
  return {};
}

}  // namespace qorgan::mpc
