#include "mpc/similarity.h"

#include <algorithm>

namespace qorgan::mpc {
namespace {

constexpr std::size_t kRows = limits::template_rows;
constexpr std::size_t kSieveRows = limits::sieve_rows;
constexpr std::size_t kRowPairs = kRows * kSieveRows;
// Sums of this many pairs stay in the first-level cache between the inner products and the slicing.
constexpr std::size_t kTilePairs = SignBits::kTileValues / kRowPairs;
static_assert(kTilePairs * kRowPairs == SignBits::kTileValues);
constexpr auto kMinusThreshold = static_cast<std::uint8_t>(-finger::kSimilarityMin);

// Each finger's shares lie in pages of their own, where the processor's own prefetching begins anew every time.
void fetch_ahead(const std::uint8_t* gallery) {
  constexpr std::size_t kLineBytes = 64;
  for (std::size_t at = 0; at < kSieveRows * kExpandedRowBytes; at += kLineBytes) __builtin_prefetch(gallery + at);
}

}  // namespace

void margin_addends(const Kernel& kernel, int role, const FingerPair& pair, std::size_t gallery_rows, std::uint8_t* out,
                    std::size_t stride_bytes) {
  const PreparedProbe& probe = *pair.probe;
  if (role == 0) kernel.dots_of_sum(probe.sum(), pair.gallery, gallery_rows, kMinusThreshold, out, stride_bytes);
  if (role == 1) kernel.dots_of_both(probe.next(), probe.sum(), pair.gallery, gallery_rows, 0, out, stride_bytes);
  if (role == 2) kernel.dots_of_both(probe.next(), probe.own(), pair.gallery, gallery_rows, 0, out, stride_bytes);
}

// A tile stands in the order [gallery row][pair of the tile][probe row].
Status dissimilar(SignBits& signs, Gates& gates, std::span<const FingerPair> pairs, std::uint64_t turn,
                  MutableSharedBits out, std::size_t row_stride_bytes) {
  QORGAN_ASSERT(!pairs.empty() && pairs.size() <= limits::match_batch_pairs_max);
  const int role = signs.role(turn);
  const auto source = [&](std::size_t first, MutableByteView tile) {
    const auto of_tile = pairs.subspan(first / kRowPairs, tile.size() / kRowPairs);
    for (std::size_t i = 0; i < of_tile.size(); ++i) {
      const std::size_t following = first / kRowPairs + i + 1;
      if (following < pairs.size()) fetch_ahead(pairs[following].gallery);
      margin_addends(gates.kernel(), role, of_tile[i], kSieveRows, tile.data() + i * kRows, of_tile.size() * kRows);
    }
  };
  QORGAN_CHECK(signs.negative(pairs.size() * kRowPairs, turn, source));
  const SharedBits bits = signs.bits();
  for (std::size_t first = 0; first < pairs.size(); first += kTilePairs) {
    const std::size_t row_bytes = std::min(kTilePairs, pairs.size() - first) * kRowBitsBytes;
    const std::size_t from = first * kRowPairs / 8;
    for (std::size_t row = 0; row < kSieveRows; ++row) {
      const std::size_t to = row * row_stride_bytes + first * kRowBitsBytes;
      std::copy_n(bits.own + from + row * row_bytes, row_bytes, out.own + to);
      std::copy_n(bits.next + from + row * row_bytes, row_bytes, out.next + to);
    }
  }
  return {};
}

Status all_over_gallery_rows(Gates& gates, MutableSharedBits bits, std::size_t pairs) {
  for (std::size_t rows = kSieveRows / 2; rows >= 1; rows /= 2) {
    const std::size_t half = rows * pairs * kRowBitsBytes;
    QORGAN_CHECK(gates.and_into(bits, bits.at(half), half, bits));
  }
  return {};
}

}  // namespace qorgan::mpc
