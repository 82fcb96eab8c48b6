#include "finger/normalise.h"

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "base/limits.h"

namespace qorgan::finger {

namespace {

// Dark ridges become positive; the right and lower edges are repeated up to whole cells of every map in use.
cv::Mat1f to_standard_resolution(const Image& image, Normalised& out) {
  const cv::Mat source(image.height_px, image.width_px, CV_8U, const_cast<std::uint8_t*>(image.pixels.data()));
  cv::Mat1f grey;
  source.convertTo(grey, CV_32F, -1.0, 255.0);
  if (image.dpi != limits::image_dpi_default) {
    const double scale = static_cast<double>(limits::image_dpi_default) / image.dpi;
    const cv::Size size(std::max(1, cvRound(image.width_px * scale)), std::max(1, cvRound(image.height_px * scale)));
    cv::Mat1f scaled;
    cv::resize(grey, scaled, size, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
    grey = scaled;
  }
  out.width_px = grey.cols;
  out.height_px = grey.rows;
  constexpr int kWhole = 8;
  const int right = (kWhole - grey.cols % kWhole) % kWhole;
  const int below = (kWhole - grey.rows % kWhole) % kWhole;
  cv::Mat1f padded;
  cv::copyMakeBorder(grey, padded, 0, below, 0, right, cv::BORDER_REPLICATE);
  return padded;
}

cv::Mat1f shrink(const cv::Mat1f& map) {
  cv::Mat1f small;
  cv::resize(map, small, cv::Size(map.cols / kMapStep, map.rows / kMapStep), 0, 0, cv::INTER_AREA);
  return small;
}

void smooth(cv::Mat1f& map, float sigma_px) {
  cv::GaussianBlur(map, map, cv::Size(), sigma_px / kMapStep, sigma_px / kMapStep, cv::BORDER_REPLICATE);
}

cv::Mat1f enlarge(const cv::Mat1f& map, cv::Size size) {
  cv::Mat1f large;
  cv::resize(map, large, size, 0, 0, cv::INTER_LINEAR);
  return large;
}

}  // namespace

Normalised normalise(const Image& image, const ExtractSettings& settings) {
  Normalised out;
  const cv::Mat1f grey = to_standard_resolution(image, out);
  cv::Mat1f mean = shrink(grey);
  smooth(mean, settings.mean_sigma);
  cv::Mat1f level;
  cv::subtract(grey, enlarge(mean, grey.size()), level);
  cv::Mat1f squares;
  cv::multiply(level, level, squares);
  cv::Mat1f variance = shrink(squares);
  cv::Mat1f near_variance = variance.clone();
  smooth(near_variance, settings.near_contrast_sigma);
  cv::sqrt(near_variance, out.near_contrast);
  smooth(variance, settings.contrast_sigma);
  cv::sqrt(variance, out.contrast);
  cv::Mat1f divisor;
  cv::add(out.contrast, cv::Scalar(settings.contrast_floor), divisor);
  cv::divide(level, enlarge(divisor, grey.size()), out.grey);
  return out;
}

}  // namespace qorgan::finger
