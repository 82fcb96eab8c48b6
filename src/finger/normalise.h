// The first stage of extraction: one size of ridge, one brightness, one contrast.
#pragma once

#include <opencv2/core.hpp>

#include "finger/extract_settings.h"
#include "finger/image.h"

namespace qorgan::finger {

struct Normalised {
  cv::Mat1f grey;           // ridges positive, mean about 0, deviation about 1 where there is contrast
  cv::Mat1f contrast;       // local standard deviation in grey levels, one cell a kMapStep pixels
  cv::Mat1f near_contrast;  // the same over a smaller neighbourhood, which ends where the finger does
  // The size of the print at 500 dpi; `grey` is padded to whole cells beyond it.
  int width_px = 0;
  int height_px = 0;
};

// All maps of the extractor have one cell for every kMapStep x kMapStep pixels.
inline constexpr int kMapStep = 4;

Normalised normalise(const Image& image, const ExtractSettings& settings);

}  // namespace qorgan::finger
