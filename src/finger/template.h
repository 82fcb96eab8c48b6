// The template of a finger, and the similarity that the private match computes on it. No pixels here: this header is
// all that the matching modules know of fingers.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/limits.h"

namespace qorgan::finger {

inline constexpr int kRows = limits::template_rows;
inline constexpr int kWidth = limits::template_width;

// A row of the template, one minutia:
//   0 .. 123   signs of the projected Minutia Cylinder-Code, 1 where positive, else 0
//   124        their number of ones, 0..124
//   125        1 in a row that is used, else 0
//   126, 127   direction: one of the whole-number vectors (4,0), (3,2), (2,3), (0,4), ... all round, about 3.7 (cos,
//   sin)
// A row that is not used is zero throughout. Rows stand by quality, best first.
inline constexpr int kSignCount = 124;
inline constexpr int kCountEntry = 124;
inline constexpr int kUsedEntry = 125;
inline constexpr int kCosEntry = 126;
inline constexpr int kSinEntry = 127;
static_assert(kSinEntry + 1 == kWidth);

struct Template {
  alignas(64) std::array<std::int8_t, limits::template_bytes> cells{};  // row-major, kRows x kWidth

  std::span<std::int8_t, kWidth> row(int index) {
    return std::span<std::int8_t, kWidth>(cells.data() + index * kWidth, kWidth);
  }
  std::span<const std::int8_t, kWidth> row(int index) const {
    return std::span<const std::int8_t, kWidth>(cells.data() + index * kWidth, kWidth);
  }
  bool operator==(const Template&) const = default;
};

// Two rows are similar when  <probe_form(p), g> >= kSimilarityMin.  With 0/1 signs the product is
//   2<b,b'> + (62 - |b|) - |b'| + direction,  half the usual +1/-1 product: between -78 and 78 for rows of the form
//   above,
// so that product - kSimilarityMin lies in -128..127 and its sign survives arithmetic modulo 256.
inline constexpr int kSimilarityMin = 34;
inline constexpr int kDirectionProductMax = 16;
static_assert(-kSignCount / 2 - kDirectionProductMax - kSimilarityMin >= -128);
static_assert(kSignCount / 2 + kDirectionProductMax - kSimilarityMin <= 127);

// The public linear map that turns a template row (or any additive share of one, modulo 256) into the form a probe
// takes in the inner product: signs doubled; entry 124 = -used; entry 125 = 62 used - count; direction unchanged.
// Linear, so applying it to each share applies it to the template.
inline void probe_form(std::span<const std::uint8_t, kWidth> row, std::span<std::uint8_t, kWidth> out) {
  for (std::size_t i = 0; i < kSignCount; ++i) out[i] = static_cast<std::uint8_t>(2 * row[i]);
  out[kCountEntry] = static_cast<std::uint8_t>(-row[kUsedEntry]);
  out[kUsedEntry] = static_cast<std::uint8_t>(kSignCount / 2 * row[kUsedEntry] - row[kCountEntry]);
  out[kCosEntry] = row[kCosEntry];
  out[kSinEntry] = row[kSinEntry];
}

}  // namespace qorgan::finger
