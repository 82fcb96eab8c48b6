#include "mpc/similarity.h"

#include <algorithm>
#include <array>

namespace qorgan::mpc {
namespace {

constexpr std::size_t kRows = limits::template_rows;
constexpr std::size_t kRowPairs = kRows * kRows;
// One bit of each row pair.
constexpr std::size_t kPairPlaneBytes = kRowPairs / 8;
// Sums of this many pairs stay in the first-level cache between the inner products and the slicing.
constexpr std::size_t kTilePairs = 8;
constexpr auto kMinusThreshold = static_cast<std::uint8_t>(-finger::kSimilarityMin);

// What custodian 0 shares of its addend u: u0, u0 u1, u1, u2 .. u6; and custodian 1 of its addend v: v0 v1, v0, v1,
// v2 .. v6. The products of the first three planes add up to the carry out of the two lowest digits.
constexpr std::size_t kLowPlanes = 3;
constexpr std::size_t kSharedPlanes = 8;
// The sign digit comes after them and is never shared by itself.
constexpr std::size_t kPlanes = 9;
constexpr std::size_t kSignPlane = 8;
// Carries out of digits 2 .. 6.
constexpr std::size_t kCarrySteps = 5;

// Calls step(first pair, number of pairs) for one tile after the other.
template <class Step>
void for_each_tile(std::size_t pairs, const Step& step) {
  for (std::size_t first = 0; first < pairs; first += kTilePairs) step(first, std::min(kTilePairs, pairs - first));
}

}  // namespace

Similarity::Similarity(Gates& gates)
    : gates_(gates),
      tile_(kTilePairs * kRowPairs),
      mask_(kTilePairs * kRowPairs),
      sums_(limits::match_batch_pairs_max * kRowPairs),
      planes_(limits::match_batch_pairs_max * kPairPlaneBytes * kPlanes),
      propagate_own_(limits::match_batch_pairs_max * kPairPlaneBytes * kPlanes),
      propagate_next_(limits::match_batch_pairs_max * kPairPlaneBytes * kPlanes),
      carry_own_(limits::match_batch_pairs_max * kPairPlaneBytes),
      carry_next_(limits::match_batch_pairs_max * kPairPlaneBytes) {}

Status Similarity::dissimilar(std::span<const FingerPair> pairs, std::uint64_t turn, MutableSharedBits out,
                              std::size_t row_stride_bytes) {
  QORGAN_ASSERT(!pairs.empty() && pairs.size() <= limits::match_batch_pairs_max);
  pairs_ = pairs.size();
  plane_bytes_ = pairs_ * kPairPlaneBytes;
  const auto shift = static_cast<int>(turn % kParties);
  const int role = (gates_.keys().party() + kParties - shift) % kParties;
  if (role == 0) QORGAN_CHECK(share_first_addend(pairs));
  if (role == 1) QORGAN_CHECK(share_second_addend(pairs));
  if (role == 2) QORGAN_CHECK(help_sharing(pairs));
  QORGAN_CHECK(finish_adding(role));
  const std::size_t row_bytes = pairs_ * kRowBitsBytes;
  for (std::size_t row = 0; row < kRows; ++row) {
    std::copy_n(carry_own_.data() + row * row_bytes, row_bytes, out.own + row * row_stride_bytes);
    std::copy_n(carry_next_.data() + row * row_bytes, row_bytes, out.next + row * row_stride_bytes);
  }
  return {};
}

// A tile's sums stand in the order [gallery row][pair][probe row], and so do the planes of the whole batch. Digit 0
// goes to plane 1, so that plane 0 is free for a product.
void Similarity::slice_tile(const std::uint8_t* tile, std::size_t first_pair, std::size_t tile_pairs) {
  const std::size_t row_bytes = tile_pairs * kRows;
  for (std::size_t row = 0; row < kRows; ++row) {
    gates_.kernel().slice(tile + row * row_bytes, row_bytes,
                          planes_.data() + plane_bytes_ + (row * pairs_ + first_pair) * kRowBitsBytes, plane_bytes_);
  }
}

std::array<const std::uint8_t*, 3> Similarity::low_planes(const SecretBuffer& planes) const {
  return {planes.data(), planes.data() + plane_bytes_, planes.data() + 2 * plane_bytes_};
}

Status Similarity::share_first_addend(std::span<const FingerPair> pairs) {
  const Kernel& kernel = gates_.kernel();
  for_each_tile(pairs_, [&](std::size_t first, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const FingerPair& pair = pairs[first + i];
      kernel.dots_of_sum(pair.probe->sum(), pair.gallery, kMinusThreshold, tile_.data() + i * kRows, count * kRows);
    }
    gates_.keys().own().fill(mask_.part(0, count * kRowPairs));
    kernel.subtract(tile_.data(), mask_.data(), count * kRowPairs, tile_.data());
    slice_tile(tile_.data(), first, count);
  });
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

Status Similarity::share_second_addend(std::span<const FingerPair> pairs) {
  const Kernel& kernel = gates_.kernel();
  for_each_tile(pairs_, [&](std::size_t first, std::size_t count) {
    std::uint8_t* const tile = sums_.data() + first * kRowPairs;
    for (std::size_t i = 0; i < count; ++i) {
      const FingerPair& pair = pairs[first + i];
      kernel.dots_of_both(pair.probe->next(), pair.probe->sum(), pair.gallery, 0, tile + i * kRows, count * kRows);
    }
  });
  SecretBuffer& received = propagate_own_;
  QORGAN_CHECK(gates_.ring().exchange({}, received.part(0, pairs_ * kRowPairs)));
  for_each_tile(pairs_, [&](std::size_t first, std::size_t count) {
    std::uint8_t* const tile = sums_.data() + first * kRowPairs;
    kernel.add(tile, received.data() + first * kRowPairs, count * kRowPairs, tile);
    slice_tile(tile, first, count);
  });
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

Status Similarity::help_sharing(std::span<const FingerPair> pairs) {
  const Kernel& kernel = gates_.kernel();
  for_each_tile(pairs_, [&](std::size_t first, std::size_t count) {
    std::uint8_t* const tile = sums_.data() + first * kRowPairs;
    for (std::size_t i = 0; i < count; ++i) {
      const FingerPair& pair = pairs[first + i];
      kernel.dots_of_both(pair.probe->next(), pair.probe->own(), pair.gallery, 0, tile + i * kRows, count * kRows);
    }
    gates_.keys().next().fill(mask_.part(0, count * kRowPairs));
    kernel.add(tile, mask_.data(), count * kRowPairs, tile);
  });
  const std::size_t plane = plane_bytes_;
  QORGAN_CHECK(
      gates_.ring().exchange(sums_.part(0, pairs_ * kRowPairs), propagate_next_.part(0, kSharedPlanes * plane)));
  gates_.keys().own().fill(propagate_own_.part(0, kSharedPlanes * plane));
  gates_.masked_products(low_planes(propagate_next_), low_planes(propagate_own_), nullptr, plane, carry_own_.data());
  QORGAN_CHECK(gates_.ring().exchange(carry_own_.part(0, plane), {}));
  return gates_.ring().exchange({}, carry_next_.part(0, plane));
}

Status Similarity::finish_adding(int role) {
  const MutableSharedBits carry{carry_own_.data(), carry_next_.data()};
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

Status all_over_gallery_rows(Gates& gates, MutableSharedBits bits, std::size_t pairs) {
  for (std::size_t rows = kRows / 2; rows >= 1; rows /= 2) {
    const std::size_t half = rows * pairs * kRowBitsBytes;
    QORGAN_CHECK(gates.and_into(bits, bits.at(half), half, bits));
  }
  return {};
}

}  // namespace qorgan::mpc
