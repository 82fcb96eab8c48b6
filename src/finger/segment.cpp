#include "finger/segment.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace qorgan::finger {

namespace {

float strong_contrast_of(const cv::Mat1f& contrast) {
  std::vector<float> values(contrast.begin(), contrast.end());
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() * 9 / 10);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

void keep_large_parts(cv::Mat1b& mask) {
  cv::Mat labels;
  cv::Mat stats;
  cv::Mat centres;
  const int count = cv::connectedComponentsWithStats(mask, labels, stats, centres, 4);
  int largest = 0;
  for (int i = 1; i < count; ++i) largest = std::max(largest, stats.at<int>(i, cv::CC_STAT_AREA));
  for (int y = 0; y < mask.rows; ++y) {
    for (int x = 0; x < mask.cols; ++x) {
      const int label = labels.at<int>(y, x);
      if (label > 0 && stats.at<int>(label, cv::CC_STAT_AREA) * 5 < largest) mask(y, x) = 0;
    }
  }
}

// Fills the gaps that finger surrounds: a wet or dry spot whose ridges may still show.
void fill_holes(cv::Mat1b& mask, int blocks_max) {
  cv::Mat1b outside;
  cv::bitwise_not(mask, outside);
  cv::Mat labels;
  cv::Mat stats;
  cv::Mat centres;
  cv::connectedComponentsWithStats(outside, labels, stats, centres, 4);
  for (int y = 0; y < mask.rows; ++y) {
    for (int x = 0; x < mask.cols; ++x) {
      const int label = labels.at<int>(y, x);
      if (label == 0) continue;
      const int left = stats.at<int>(label, cv::CC_STAT_LEFT);
      const int top = stats.at<int>(label, cv::CC_STAT_TOP);
      const bool touches_edge = left == 0 || top == 0 || left + stats.at<int>(label, cv::CC_STAT_WIDTH) == mask.cols ||
                                top + stats.at<int>(label, cv::CC_STAT_HEIGHT) == mask.rows;
      if (!touches_edge && stats.at<int>(label, cv::CC_STAT_AREA) <= blocks_max) mask(y, x) = 255;
    }
  }
}

}  // namespace

Foreground segment(const Normalised& print, const Frequency& frequency, const ExtractSettings& settings) {
  cv::Mat1f contrast;
  cv::resize(print.near_contrast, contrast, frequency.clarity.size(), 0, 0, cv::INTER_AREA);
  cv::Mat1f clarity;
  cv::GaussianBlur(frequency.clarity, clarity, cv::Size(), 1.2, 1.2, cv::BORDER_REPLICATE);
  Foreground out;
  out.strong_contrast = std::max(1.0F, strong_contrast_of(contrast));
  const float least = out.strong_contrast * settings.contrast_share_min;
  cv::Mat1b contrasted;
  cv::compare(clarity, settings.clarity_min, out.mask, cv::CMP_GT);
  cv::compare(contrast, least, contrasted, cv::CMP_GT);
  cv::bitwise_and(out.mask, contrasted, out.mask);
  const cv::Mat element = cv::getStructuringElement(cv::MORPH_ELLIPSE, cv::Size(5, 5));
  cv::morphologyEx(out.mask, out.mask, cv::MORPH_CLOSE, element);
  cv::morphologyEx(out.mask, out.mask, cv::MORPH_OPEN, element);
  keep_large_parts(out.mask);
  fill_holes(out.mask, settings.hole_blocks_max);
  cv::Mat1b framed;
  cv::copyMakeBorder(out.mask, framed, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
  cv::Mat1f distance;
  cv::distanceTransform(framed, distance, cv::DIST_L2, cv::DIST_MASK_5);
  distance(cv::Rect(1, 1, out.mask.cols, out.mask.rows)).convertTo(out.distance_px, CV_32F, kBlockStep);
  return out;
}

}  // namespace qorgan::finger
