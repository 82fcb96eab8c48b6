// Enhancement: the print as a wave with a phase.
#pragma once

#include <opencv2/core.hpp>

#include "finger/extract_settings.h"
#include "finger/frequency.h"
#include "finger/orientation.h"

namespace qorgan::finger {

// Every `step_px` pixels, the answer of a complex filter that is tuned to the local orientation and ridge period (a
// quadrature pair of Gabor filters; Hong, Wan & Jain 1998, with its sine beside the cosine). The real part is
// the enhanced print, ridges positive; the size tells how clear the ridges are; the angle is the phase across them.
struct WaveField {
  int step_px = 0;
  cv::Mat2f value;   // real, imaginary
  cv::Mat2f normal;  // the unit normal along which the phase grows
  cv::Mat1f period_px;
};

// Ridges are at least 5 apart: the fine step leaves less than half a turn of phase between neighbours; the coarse one
// serves a first look that knows the turn to expect.
inline constexpr int kFineStep = 2;
inline constexpr int kCoarseStep = 4;

// Only inside the mask (blocks of kBlockStep); zero elsewhere.
WaveField filter_waves(const cv::Mat1f& grey, const Orientation& orientation, const Frequency& frequency,
                       const cv::Mat1b& mask, int step_px, const ExtractSettings& settings);

}  // namespace qorgan::finger
