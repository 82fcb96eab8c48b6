// Minutiae as dislocations of the wave.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "finger/minutia.h"
#include "finger/wave.h"

namespace qorgan::finger {

// Where a ridge begins, the phase of the print's wave grows by a whole turn around the point: the minutia is a zero of
// the complex wave, and the sign of the turn says on which side there is a ridge more (Larkin & Fletcher, Optics
// Express 15(14), 2007). No thinning is needed, and the place is known to a part of a pixel.
struct Dislocation {
  cv::Point2f at_px;
  cv::Point2f towards;  // unit vector along the ridges to the side that has one more, picture axes
  float period_px = 0;
  MinutiaType type = MinutiaType::other;
};

std::vector<Dislocation> find_dislocations(const WaveField& wave);

// Which of them cancel out in pairs within the given distances: a broken ridge, a bridge, an island, a hole, a spur.
std::vector<bool> find_blemishes(const std::vector<Dislocation>& found, const ExtractSettings& settings);

}  // namespace qorgan::finger
