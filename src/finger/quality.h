// How far a minutia, and a print, can be relied upon.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "finger/dislocation.h"
#include "finger/extract_settings.h"
#include "finger/segment.h"

namespace qorgan::finger {

// What speaks for and against a minutia.
struct Evidence {
  float clarity = 0;       // of the ridges around it, Frequency::clarity
  float strength = 0;      // mean size of the wave on a ring of one period around it
  float weakest = 0;       // least size of the wave on that ring
  float slope = 0;         // mean size of the wave half a period from it: away from a true zero it grows quickly
  float coherence = 0;     // of the orientation there
  float agreement = 0;     // correlation of the wave with the picture around it, -1..1
  float contrast = 0;      // there, against the print's strong contrast
  float border_px = 0;     // distance to the edge of the finger
  float opposite_px = 0;   // to the nearest minutia of the opposite direction: the two may be one blemish
  float neighbour_px = 0;  // to the nearest minutia of any direction
  float crowd = 0;         // minutiae within three ridges
};

// One for each of `found`, which are all dislocations of the print.
std::vector<Evidence> weigh(const std::vector<Dislocation>& found, const WaveField& wave, const Normalised& print,
                            const Orientation& orientation, const Frequency& frequency, const Foreground& foreground);

// The probability, in percent, that another impression of the same finger shows the minutia.
int minutia_quality(const Evidence& evidence);

// The share of the finger, 0..1, on which the wave is at least half as strong as that of clear ridges; 0 without
// finger.
float clear_share(const WaveField& wave);

}  // namespace qorgan::finger
