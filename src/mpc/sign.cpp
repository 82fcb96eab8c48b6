#include "mpc/sign.h"

#include <algorithm>
#include <array>

#include "mpc/shares.h"

namespace qorgan::mpc {
namespace {

// What role 0 shares of its addend u: u0, u0 u1, u1, u2 .. u6; and role 1 of its addend v: v0 v1, v0, v1, v2 .. v6. The
// products of the first three planes add up to the carry out of the two lowest digits.
constexpr std::size_t kLowPlanes = 3;
constexpr std::size_t kSharedPlanes = 8;
// The sign digit comes after them and is never shared by itself.
constexpr std::size_t kPlanes = 9;
constexpr std::size_t kSignPlane = 8;
// Carries out of digits 2 .. 6.
constexpr std::size_t kCarrySteps = 5;

constexpr std::size_t kPlaneBytesMax = kSignValuesMax / 8;
static_assert(kPlaneBytesMax * kPlanes <= limits::lane_frame_bytes_max);

}  // namespace

SignBits::SignBits(Gates& gates)
    : gates_(gates),
      tile_(kTileValues),
      mask_(kTileValues),
      sums_(kSignValuesMax),
      planes_(kPlaneBytesMax * kPlanes),
      propagate_own_(kPlaneBytesMax * kPlanes),
      propagate_next_(kPlaneBytesMax * kPlanes),
      carry_own_(kPlaneBytesMax),
      carry_next_(kPlaneBytesMax) {}

int SignBits::role(std::uint64_t turn) {
  const auto shift = static_cast<int>(turn % kParties);
  return (gates_.keys().party() + kParties - shift) % kParties;
}

Status SignBits::negative(std::size_t count, std::uint64_t turn, const Source& source) {
  QORGAN_ASSERT(count > 0 && count % 8 == 0 && count <= kSignValuesMax);
  count_ = count;
  plane_bytes_ = count / 8;
  const int own_role = role(turn);
  if (own_role == 0) QORGAN_CHECK(share_first_addend(source));
  if (own_role == 1) QORGAN_CHECK(share_second_addend(source));
  if (own_role == 2) QORGAN_CHECK(help_sharing(source));
  return finish_adding(own_role, {carry_own_.data(), carry_next_.data()});
}

// Digit 0 goes to plane 1, so that plane 0 is free for a product.
void SignBits::slice_tile(const std::uint8_t* tile, std::size_t first, std::size_t size) {
  gates_.kernel().slice(tile, size, planes_.data() + plane_bytes_ + first / 8, plane_bytes_);
}

std::array<const std::uint8_t*, 3> SignBits::low_planes(const SecretBuffer& planes) const {
  return {planes.data(), planes.data() + plane_bytes_, planes.data() + 2 * plane_bytes_};
}

Status SignBits::share_first_addend(const Source& source) {
  const Kernel& kernel = gates_.kernel();
  for (std::size_t first = 0; first < count_; first += kTileValues) {
    const std::size_t size = std::min(kTileValues, count_ - first);
    source(first, tile_.part(0, size));
    gates_.keys().own().fill(mask_.part(0, size));
    kernel.subtract(tile_.data(), mask_.data(), size, tile_.data());
    slice_tile(tile_.data(), first, size);
  }
  const std::size_t plane = plane_bytes_;
  std::uint8_t* const u = planes_.data();
  std::copy_n(u + plane, plane, u);
  kernel.bit_and(u + plane, u + 2 * plane, plane, u + plane);
  gates_.exclusive_or_stream(gates_.keys().next(), u, kSharedPlanes * plane, propagate_own_.data());
  QORGAN_CHECK(gates_.ring().exchange(propagate_own_.part(0, kSharedPlanes * plane), {}));
  // Each digit but the lowest shared one now stands with the digit below it: what a carry step adds (see the protocol).
  for (std::size_t k = kSignPlane; k > kLowPlanes; --k) {
    kernel.exclusive_or(u + k * plane, u + (k - 1) * plane, plane, u + k * plane);
  }
  QORGAN_CHECK(gates_.ring().exchange({}, propagate_next_.part(0, kPlanes * plane)));
  gates_.masked_products(low_planes(planes_), low_planes(propagate_next_), u + kLowPlanes * plane, plane,
                         carry_own_.data());
  std::copy_n(propagate_next_.data() + kSharedPlanes * plane, plane, carry_next_.data());
  return gates_.ring().exchange(carry_own_.part(0, plane), {});
}

Status SignBits::share_second_addend(const Source& source) {
  const Kernel& kernel = gates_.kernel();
  for (std::size_t first = 0; first < count_; first += kTileValues)
    source(first, sums_.part(first, std::min(kTileValues, count_ - first)));
  SecretBuffer& received = propagate_own_;
  QORGAN_CHECK(gates_.ring().exchange({}, received.part(0, count_)));
  for (std::size_t first = 0; first < count_; first += kTileValues) {
    const std::size_t size = std::min(kTileValues, count_ - first);
    std::uint8_t* const tile = sums_.data() + first;
    kernel.add(tile, received.data() + first, size, tile);
    slice_tile(tile, first, size);
  }
  const std::size_t plane = plane_bytes_;
  std::uint8_t* const v = planes_.data();
  kernel.bit_and(v + plane, v + 2 * plane, plane, v);
  std::uint8_t* const r = propagate_own_.data();
  std::uint8_t* const s = propagate_next_.data();
  gates_.keys().own().fill({r, kSharedPlanes * plane});
  gates_.keys().next().fill({s, kSharedPlanes * plane});
  gates_.masked_products(low_planes(propagate_own_), low_planes(propagate_next_), nullptr, plane, carry_own_.data());
  kernel.exclusive_or(v, s, kLowPlanes * plane, r);
  const std::size_t rest = kLowPlanes * plane;
  const std::size_t rest_bytes = (kSharedPlanes - kLowPlanes) * plane;
  kernel.exclusive_or(r + rest, s + rest, rest_bytes, r + rest);
  kernel.exclusive_or(r + rest, v + rest, rest_bytes, r + rest);
  std::copy_n(carry_own_.data(), plane, r + kSharedPlanes * plane);
  return gates_.ring().exchange(propagate_own_.part(0, kPlanes * plane), carry_next_.part(0, plane));
}

Status SignBits::help_sharing(const Source& source) {
  const Kernel& kernel = gates_.kernel();
  for (std::size_t first = 0; first < count_; first += kTileValues) {
    const std::size_t size = std::min(kTileValues, count_ - first);
    std::uint8_t* const tile = sums_.data() + first;
    source(first, {tile, size});
    gates_.keys().next().fill(mask_.part(0, size));
    kernel.add(tile, mask_.data(), size, tile);
  }
  const std::size_t plane = plane_bytes_;
  QORGAN_CHECK(gates_.ring().exchange(sums_.part(0, count_), propagate_next_.part(0, kSharedPlanes * plane)));
  gates_.keys().own().fill(propagate_own_.part(0, kSharedPlanes * plane));
  gates_.masked_products(low_planes(propagate_next_), low_planes(propagate_own_), nullptr, plane, carry_own_.data());
  QORGAN_CHECK(gates_.ring().exchange(carry_own_.part(0, plane), {}));
  return gates_.ring().exchange({}, carry_next_.part(0, plane));
}

Status SignBits::finish_adding(int role, MutableSharedBits carry) {
  for (std::size_t step = 0; step < kCarrySteps; ++step) {
    const std::size_t at = (kLowPlanes + step) * plane_bytes_;
    const std::uint8_t* addend = nullptr;
    if (role == 0) addend = planes_.data() + at + plane_bytes_;
    if (role == 1 && step + 1 == kCarrySteps) addend = planes_.data() + kSignPlane * plane_bytes_;
    const SharedBits propagate{propagate_own_.data() + at, propagate_next_.data() + at};
    QORGAN_CHECK(gates_.and_into(propagate, carry, plane_bytes_, carry, addend));
  }
  return {};
}

}  // namespace qorgan::mpc
