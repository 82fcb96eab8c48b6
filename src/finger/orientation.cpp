#include "finger/orientation.h"

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "finger/normalise.h"

namespace qorgan::finger {

namespace {

// Doubled-angle gradient products and the energy, summed over cells: (gx^2 - gy^2, 2 gx gy, gx^2 + gy^2).
cv::Mat3f gradient_products(const cv::Mat1f& grey, float sigma) {
  cv::Mat1f soft;
  cv::GaussianBlur(grey, soft, cv::Size(), sigma, sigma, cv::BORDER_REPLICATE);
  cv::Mat3f sums(grey.rows / kMapStep, grey.cols / kMapStep, cv::Vec3f(0, 0, 0));
  for (int y = 1; y + 1 < soft.rows; ++y) {
    const float* above = soft[y - 1];
    const float* row = soft[y];
    const float* below = soft[y + 1];
    cv::Vec3f* out = sums[y / kMapStep];
    for (int x = 1; x + 1 < soft.cols; ++x) {
      const float gx = row[x + 1] - row[x - 1];
      const float gy = below[x] - above[x];
      cv::Vec3f& cell = out[x / kMapStep];
      cell[0] += gx * gx - gy * gy;
      cell[1] += 2 * gx * gy;
      cell[2] += gx * gx + gy * gy;
    }
  }
  return sums;
}

cv::Mat3f smoothed(const cv::Mat3f& map, float sigma_px) {
  cv::Mat3f out;
  cv::GaussianBlur(map, out, cv::Size(), sigma_px / kMapStep, sigma_px / kMapStep, cv::BORDER_REPLICATE);
  return out;
}

}  // namespace

Orientation estimate_orientation(const cv::Mat1f& grey, const ExtractSettings& settings) {
  const cv::Mat3f products = gradient_products(grey, settings.gradient_sigma);
  const cv::Mat3f fine = smoothed(products, settings.orientation_sigma_fine);
  const cv::Mat3f wide = smoothed(products, settings.orientation_sigma_wide);
  Orientation out{cv::Mat2f(fine.size()), cv::Mat1f(fine.size())};
  for (int y = 0; y < fine.rows; ++y) {
    for (int x = 0; x < fine.cols; ++x) {
      const cv::Vec3f sum = fine(y, x) + wide(y, x) * settings.orientation_wide_weight;
      const float energy = sum[2] + 1e-6F;
      out.doubled(y, x) = cv::Vec2f(sum[0] / energy, sum[1] / energy);
      out.coherence(y, x) = std::hypot(fine(y, x)[0], fine(y, x)[1]) / (fine(y, x)[2] + 1e-6F);
    }
  }
  return out;
}

}  // namespace qorgan::finger
