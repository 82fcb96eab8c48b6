// A second look at orientation and period, from the filtered wave.
#pragma once

#include "finger/extract_settings.h"
#include "finger/frequency.h"
#include "finger/orientation.h"
#include "finger/wave.h"

namespace qorgan::finger {

// The wave's phase grows across the ridges by one turn a period: its gradient, weighed by the wave's strength and
// smoothed over less than a ridge, is a finer orientation and period than the picture's own gradients gave. Where there
// is no wave the values stay.
void refine(const WaveField& wave, const ExtractSettings& settings, Orientation& orientation, Frequency& frequency);

}  // namespace qorgan::finger
