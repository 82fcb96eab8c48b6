// In which direction the ridges run.
#pragma once

#include <opencv2/core.hpp>

#include "finger/extract_settings.h"

namespace qorgan::finger {

struct Orientation {
  // (cos 2a, sin 2a) times coherence, where a is the angle of the ridges' NORMAL in picture axes (x right, y down): an
  // orientation has no sign, and doubling its angle makes opposite directions equal. One cell a kMapStep pixels.
  cv::Mat2f doubled;
  cv::Mat1f coherence;  // 0 (no direction) .. 1 (parallel ridges)
};

// From a normalised picture, by the structure tensor (Bigun & Granlund 1987; Bazen & Gerez, IEEE TPAMI 24(7), 2002) on
// a fine and a wide scale.
Orientation estimate_orientation(const cv::Mat1f& grey, const ExtractSettings& settings);

}  // namespace qorgan::finger
