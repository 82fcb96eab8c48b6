// Minutia Cylinder-Code: what lies around a minutia, seen from the minutia itself, so that turning or moving the finger
// changes nothing. R. Cappelli, M. Ferrara, D. Maltoni, "Minutia Cylinder-Code: A New Representation and Matching
// Technique for Fingerprint Recognition", IEEE TPAMI 32(12), 2010.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "finger/minutia.h"

namespace qorgan::finger {

// The cylinder of the paper with Ns = 8, Nd = 6, R = 70 pixels: of 8 x 8 places the 52 whose centres lie within R.
inline constexpr int kCylinderPlaces = 52;
inline constexpr int kCylinderSlices = 6;
inline constexpr int kCylinderCells = kCylinderPlaces * kCylinderSlices;

struct Cylinder {
  // Which of the minutiae that were given stands at its centre.
  std::size_t minutia = 0;
  // 0..255 for the paper's 0..1, slice after slice; 0 where the place is not valid.
  std::array<std::uint8_t, kCylinderCells> cells{};
  // The places within 50 pixels of the convex hull of the minutiae, for which alone the print says anything.
  std::array<bool, kCylinderPlaces> valid{};
};

// The cylinders of those minutiae that have one: at least 2 neighbours, and 39 of 52 places valid (the paper's minM =
// 2, minVC = 75 %). In the order of the minutiae, of which only the first limits::cylinder_minutiae_max are looked at.
// Against the paper, a neighbour's contribution is weighted by its quality (0..100, 0 throughout where there is none),
// and the sigmoid is softer; cylinder.cpp says what that brought. Whole-number arithmetic on positions in quarter
// pixels and directions in 1/1536 of a turn: the same cells come out whatever the compiler and processor. Positions
// must be finite and at most 2 limits::image_side_px_max, directions finite and at most 4 pi, qualities 0..100
// (asserted).
std::vector<Cylinder> make_cylinders(std::span<const Minutia> minutiae);

}  // namespace qorgan::finger
