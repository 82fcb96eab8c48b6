// How far apart the ridges are, and how clear.
#pragma once

#include <opencv2/core.hpp>

#include "finger/extract_settings.h"
#include "finger/orientation.h"

namespace qorgan::finger {

struct Frequency {
  cv::Mat1f period_px;  // one cell a kBlockStep pixels, smoothed and filled everywhere
  cv::Mat1f clarity;    // 0..1: the share of the local variation that is a wave of that period and orientation
};

inline constexpr int kBlockStep = 8;

// For every block the grey values are averaged along the ridges into a profile across them (Hong, Wan & Jain, IEEE
// TPAMI 20(8), 1998, "ridge frequency image"), and the strongest of the possible periods in its spectrum is taken.
Frequency estimate_frequency(const cv::Mat1f& grey, const Orientation& orientation, const ExtractSettings& settings);

}  // namespace qorgan::finger
