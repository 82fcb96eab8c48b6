// Which part of the picture is finger.
#pragma once

#include <opencv2/core.hpp>

#include "finger/extract_settings.h"
#include "finger/frequency.h"
#include "finger/normalise.h"

namespace qorgan::finger {

struct Foreground {
  cv::Mat1b mask;             // 255 in blocks that are finger, one cell a kBlockStep pixels
  cv::Mat1f distance_px;      // to the nearest block that is not, or to the picture's edge
  float strong_contrast = 0;  // the best tenth's least, grey levels
};

// Finger is where there is contrast (against the print's own best) and a clear wave; blocks are joined, holes filled.
Foreground segment(const Normalised& print, const Frequency& frequency, const ExtractSettings& settings);

}  // namespace qorgan::finger
