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

// How the minutiae of the first kFineRows rows lie to one another, for the fine score: for each two of them, j < k,
//   distance     0 where one of the two rows is not used; else 10 + half their distance in pixels, at most 200
//   bearing      of k seen from j: the angle of the line from j to k against the direction of j, counter-clockwise, in
//                1/256 of a turn
//   bearing_back of j seen from k
// No unused distance is within kDistanceSlack of a used one, however a public kDistanceShift is added on both sides.
inline constexpr std::size_t kFineRows = limits::fine_rows;
inline constexpr std::size_t kRelations = limits::fine_row_pairs;
inline constexpr int kDistanceUsedMin = 10;
inline constexpr int kDistanceUsedMax = 200;
struct Relations {
  std::array<std::uint8_t, kRelations> distance{};
  std::array<std::uint8_t, kRelations> bearing{};
  std::array<std::uint8_t, kRelations> bearing_back{};
  bool operator==(const Relations&) const = default;
};
static_assert(sizeof(Relations) == limits::relation_bytes);

// Where the relation of rows j < k < kFineRows stands: in the order (0,1), (0,2), (1,2), (0,3), ...
constexpr std::size_t relation_index(std::size_t j, std::size_t k) {
  return k * (k - 1) / 2 + j;
}

struct Template {
  alignas(64) std::array<std::int8_t, limits::template_bytes> cells{};  // row-major, kRows x kWidth
  Relations relations;

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

// The fine score of a probe against a gallery template (mpc/reference.h computes it in the clear):
//   1. A row of the probe is matched with the gallery row that it is most similar to (the first of equals), if the
//      product of the two is at least kFineSimilarityMin. First kFineRows rows of both only.
//   2. Two matched rows of the probe agree where their gallery rows are two, and the relations of the two pairs differ
//      by at most kDistanceSlack (12 pixels) and kBearingSlack (14 degrees) in both bearings.
//   3. The fine score is the number of pairs that agree, 0..kRelations; the score is that plus kCoarseWeight for each
//      row of the coarse score (all kRows rows).
// Scores of several fingers add up.
inline constexpr int kFineSimilarityMin = 30;
inline constexpr int kDistanceSlack = 6;
inline constexpr int kBearingSlack = 10;
inline constexpr int kCoarseWeight = 2;
inline constexpr int kScoreMax = static_cast<int>(kRelations) + kCoarseWeight * kRows;
// Added to the distance on both sides, to the gallery's only where a row is matched: so that a row without a match
// agrees with nothing, be it used or not.
inline constexpr int kDistanceShift = 28;
static_assert(kDistanceUsedMin > kDistanceSlack, "two matches with one gallery row (distance 0) agree with nothing");
static_assert(kDistanceShift > kDistanceSlack && kDistanceShift + kDistanceUsedMax + kDistanceSlack < 256,
              "a selected 0 is far from every shifted distance, modulo 256");
// Differences are taken modulo 256: exact inside the slack, and never inside it where the distance is outside.
static_assert(kDistanceUsedMax + kDistanceSlack < 256 && 2 * kDistanceSlack < 128 && 2 * kBearingSlack < 128);

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
