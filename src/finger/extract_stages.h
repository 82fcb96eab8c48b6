// The stages of the extractor with what each leaves behind, for tests, overlays and tuning.
#pragma once

#include <vector>

#include "finger/dislocation.h"
#include "finger/extract_settings.h"
#include "finger/image.h"
#include "finger/normalise.h"
#include "finger/quality.h"
#include "finger/segment.h"
#include "finger/wave.h"

namespace qorgan::finger {

struct Stages {
  Normalised print;
  Orientation orientation;
  Frequency frequency;
  Foreground foreground;
  WaveField wave;
  std::vector<Dislocation> dislocations;  // all, blemishes too
  std::vector<Evidence> evidence;         // one for each
};

Stages run_stages(const Image& image, const ExtractSettings& settings);
Minutiae read_minutiae(const Stages& stages, const ExtractSettings& settings);

}  // namespace qorgan::finger
