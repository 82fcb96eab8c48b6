// Minutiae of no finger at all, for tests.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "finger/minutia.h"

namespace qorgan::test {

using Random = std::mt19937_64;

inline float uniform(Random& random, double low, double high) {
  return static_cast<float>(low + (high - low) * static_cast<double>(random() >> 11) / 9007199254740992.0);
}

// `count` minutiae strewn over a picture of 300 x 400 pixels, best first.
finger::Minutiae random_minutiae(Random& random, int count);

// The same finger once more: turned about the middle of the picture, moved, each minutia displaced by up to `noise_px`
// and turned by up to noise_px / 20 radians. Same order.
struct Movement {
  double turn_rad = 0;
  double right_px = 0;
  double down_px = 0;
};
finger::Minutiae moved(const finger::Minutiae& minutiae, const Movement& movement, Random& random, double noise_px);

}  // namespace qorgan::test
