#include "mpc/similarity.h"

#include <algorithm>
#include <array>

namespace qorgan::mpc {
namespace {

constexpr std::size_t kRows = limits::template_rows;
constexpr std::size_t kRowPairs = kRows * kRows;
// Bytes of one bit plane that a pair of fingers takes.
constexpr std::size_t kPlaneBytes = kRowPairs / 8;
constexpr std::size_t kSumBits = 8;
// The carry runs through all bits below the sign.
constexpr std::size_t kCarryBits = kSumBits - 1;
// Sums of this many pairs stay in the first-level cache between the inner products and the slicing.
constexpr std::size_t kTilePairs = 8;
constexpr auto kMinusThreshold = static_cast<std::uint8_t>(-finger::kSimilarityMin);

// Calls step(first pair, number of pairs) for one tile after the other.
template <class Step>
void for_each_tile(std::size_t pairs, const Step& step) {
  for (std::size_t first = 0; first < pairs; first += kTilePairs) step(first, std::min(kTilePairs, pairs - first));
}

}  // namespace

Similarity::Similarity(Gates& gates)
    : gates_(gates),
      sums_(limits::match_batch_pairs_max * kRowPairs),
      received_(limits::match_batch_pairs_max * kRowPairs),
      propagate_own_(limits::match_batch_pairs_max * kPlaneBytes * kSumBits),
      propagate_next_(limits::match_batch_pairs_max * kPlaneBytes * kCarryBits),
      carry_own_(limits::match_batch_pairs_max * kPlaneBytes),
      carry_next_(limits::match_batch_pairs_max * kPlaneBytes),
      mask_(kTilePairs * kRowPairs) {}

Status Similarity::unmatched_rows(std::span<const FingerPair> pairs, std::uint64_t turn, MutableSharedBits out) {
  QORGAN_ASSERT(!pairs.empty() && pairs.size() <= limits::match_batch_pairs_max);
  pairs_ = pairs.size();
  const auto shift = static_cast<int>(turn % kParties);
  const int role = (gates_.keys().party() + kParties - shift) % kParties;
  QORGAN_CHECK(share_sums(pairs, role));
  QORGAN_CHECK(add(role));
  return all_over_gallery_rows(out);
}

Status Similarity::share_sums(std::span<const FingerPair> pairs, int role) {
  if (role == 0) return share_first_addend(pairs);
  if (role == 1) return share_second_addend(pairs);
  return help_sharing(pairs);
}

// A tile's sums stand in the order [gallery row][pair][probe row], and so do the planes of the whole batch.
void Similarity::slice_tile(const std::uint8_t* tile, std::size_t first_pair, std::size_t tile_pairs,
                            std::uint8_t* planes) {
  const std::size_t row_bytes = tile_pairs * kRows;
  for (std::size_t row = 0; row < kRows; ++row) {
    gates_.kernel().slice(tile + row * row_bytes, row_bytes, planes + (row * pairs_ + first_pair) * kRowBitsBytes,
                          pairs_ * kPlaneBytes);
  }
}

Status Similarity::share_first_addend(std::span<const FingerPair> pairs) {
  const Kernel& kernel = gates_.kernel();
  std::uint8_t* const tile = received_.data();
  std::uint8_t* const planes = sums_.data();
  for_each_tile(pairs_, [&](std::size_t first, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const FingerPair& pair = pairs[first + i];
      kernel.dots_of_sum(pair.probe->sum(), pair.gallery, kMinusThreshold, tile + i * kRows, count * kRows);
    }
    gates_.keys().own().fill(mask_.part(0, count * kRowPairs));
    kernel.subtract(tile, mask_.data(), count * kRowPairs, tile);
    slice_tile(tile, first, count, planes);
  });
  const std::size_t plane = pairs_ * kPlaneBytes;
  gates_.exclusive_or_stream(gates_.keys().next(), planes, kCarryBits * plane, propagate_own_.data());
  std::copy_n(propagate_own_.data(), plane, carry_own_.data());
  kernel.exclusive_or(propagate_own_.data(), planes, plane, carry_next_.data());
  for (std::size_t bit = 0; bit < kCarryBits; ++bit) {
    kernel.exclusive_or(planes + bit * plane, planes + (bit + 1) * plane, plane, planes + bit * plane);
  }
  QORGAN_CHECK(gates_.ring().exchange(propagate_own_.part(0, kCarryBits * plane), {}));
  return gates_.ring().exchange({}, propagate_next_.part(0, kCarryBits * plane));
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
  QORGAN_CHECK(gates_.ring().exchange({}, received_.part(0, pairs_ * kRowPairs)));
  std::uint8_t* const planes = propagate_own_.data();
  for_each_tile(pairs_, [&](std::size_t first, std::size_t count) {
    std::uint8_t* const tile = sums_.data() + first * kRowPairs;
    kernel.add(tile, received_.data() + first * kRowPairs, count * kRowPairs, tile);
    slice_tile(tile, first, count, planes);
  });
  const std::size_t plane = pairs_ * kPlaneBytes;
  std::copy_n(planes, plane, carry_own_.data());
  gates_.exclusive_or_stream(gates_.keys().own(), planes, kCarryBits * plane, planes);
  kernel.exclusive_or(carry_own_.data(), planes, plane, carry_own_.data());
  std::fill_n(carry_next_.data(), plane, std::uint8_t{0});
  gates_.keys().next().fill(propagate_next_.part(0, kCarryBits * plane));
  kernel.exclusive_or(planes, propagate_next_.data(), kCarryBits * plane, planes);
  return gates_.ring().exchange(propagate_own_.part(0, kCarryBits * plane), {});
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
  const std::size_t plane = pairs_ * kPlaneBytes;
  QORGAN_CHECK(gates_.ring().exchange(sums_.part(0, pairs_ * kRowPairs), propagate_next_.part(0, kCarryBits * plane)));
  gates_.keys().own().fill(propagate_own_.part(0, kCarryBits * plane));
  std::fill_n(carry_own_.data(), plane, std::uint8_t{0});
  std::copy_n(propagate_next_.data(), plane, carry_next_.data());
  return {};
}

Status Similarity::add(int role) {
  const std::size_t plane = pairs_ * kPlaneBytes;
  const MutableSharedBits carry{carry_own_.data(), carry_next_.data()};
  for (std::size_t bit = 0; bit < kCarryBits; ++bit) {
    const bool last = bit + 1 == kCarryBits;
    const std::uint8_t* addend = nullptr;
    if (role == 0) addend = sums_.data() + bit * plane;
    if (role == 1 && last) addend = propagate_own_.data() + kCarryBits * plane;
    const SharedBits propagate{propagate_own_.data() + bit * plane, propagate_next_.data() + bit * plane};
    QORGAN_CHECK(gates_.and_into(propagate, carry, plane, carry, std::array{addend}));
  }
  return {};
}

Status Similarity::all_over_gallery_rows(MutableSharedBits out) {
  const MutableSharedBits bits{carry_own_.data(), carry_next_.data()};
  for (std::size_t rows = kRows / 2; rows >= 1; rows /= 2) {
    const std::size_t half = rows * pairs_ * kRowBitsBytes;
    QORGAN_CHECK(gates_.and_into(bits, bits.at(half), half, rows == 1 ? out : bits));
  }
  return {};
}

}  // namespace qorgan::mpc
