// Ridges grown from random spots along a given flow.
#pragma once

#include <cstdint>
#include <vector>

#include "finger/synth/pattern.h"

namespace qorgan::finger::synth {

// A grid of numbers, rows from the top.
struct Field {
  int width = 0;
  int height = 0;
  std::vector<float> values;

  Field() = default;
  Field(int width_px, int height_px)
      : width(width_px),
        height(height_px),
        values(static_cast<std::size_t>(width_px) * static_cast<std::size_t>(height_px)) {}
  float* row(int y) { return values.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width); }
  const float* row(int y) const {
    return values.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
  }
};

// Height of the skin, about -1 (valley) to 1 (ridge), on the canvas of the finger (pattern.h). Random spots are
// filtered again and again by a Gabor filter tuned to the local orientation and period until ridges fill the canvas
// (Cappelli, Erol, Maio, Maltoni, "Synthetic fingerprint-image generation", ICPR 2000); first at half resolution, then
// at full. Where ridges grown from different spots meet out of step, endings and bifurcations appear: the seed alone
// decides where, so no two seeds share their minutiae even on one pattern.
Field grow_ridges(const Pattern& pattern, std::uint64_t seed);

}  // namespace qorgan::finger::synth
