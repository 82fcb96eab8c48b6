#include "finger/refine.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <opencv2/imgproc.hpp>

#include "base/result.h"
#include "finger/normalise.h"

namespace qorgan::finger {

namespace {

using Complex = std::complex<float>;

// How much the phase grows, in radians a pixel, from one value to the next along an axis; `expected` is what the filter
// was tuned to, so that only the difference need be less than half a turn.
float growth(Complex from, Complex to, float expected, float step) {
  return expected + std::arg(to * std::conj(from) * std::polar(1.0F, -expected * step)) / step;
}

// (kx^2 - ky^2, 2 kx ky, kx^2 + ky^2, 1) times the wave's power, k in radians a pixel.
cv::Mat4f phase_gradients(const WaveField& wave) {
  QORGAN_ASSERT(wave.step_px == kMapStep);
  cv::Mat4f sums(wave.value.size(), cv::Vec4f(0, 0, 0, 0));
  const auto value = [&](int y, int x, const cv::Vec2f& normal) {
    const cv::Vec2f& v = wave.value(y, x);
    return Complex(v[0], wave.normal(y, x).dot(normal) < 0 ? -v[1] : v[1]);
  };
  const auto step = static_cast<float>(wave.step_px);
  for (int y = 0; y + 1 < wave.value.rows; ++y) {
    for (int x = 0; x + 1 < wave.value.cols; ++x) {
      if (wave.period_px(y, x) <= 0 || wave.period_px(y, x + 1) <= 0 || wave.period_px(y + 1, x) <= 0) continue;
      const cv::Vec2f normal = wave.normal(y, x);
      const Complex here = value(y, x, normal);
      const Complex right = value(y, x + 1, normal);
      const Complex below = value(y + 1, x, normal);
      const float k = 2 * static_cast<float>(CV_PI) / wave.period_px(y, x);
      const float kx = growth(here, right, k * normal[0], step);
      const float ky = growth(here, below, k * normal[1], step);
      const float power = std::abs(here) * std::min(std::abs(right), std::abs(below));
      sums(y, x) = cv::Vec4f(kx * kx - ky * ky, 2 * kx * ky, kx * kx + ky * ky, 1) * power;
    }
  }
  return sums;
}

}  // namespace

void refine(const WaveField& wave, const ExtractSettings& settings, Orientation& orientation, Frequency& frequency) {
  const cv::Mat4f gradients = phase_gradients(wave);
  cv::Mat4f fine;
  const double sigma = settings.refine_sigma / kMapStep;
  cv::GaussianBlur(gradients, fine, cv::Size(), sigma, sigma, cv::BORDER_REPLICATE);
  for (int y = 0; y < fine.rows; ++y) {
    for (int x = 0; x < fine.cols; ++x) {
      const cv::Vec4f& sum = fine(y, x);
      if (sum[3] < 1e-3F) continue;
      orientation.doubled(y, x) = cv::Vec2f(sum[0], sum[1]) / (sum[2] + 1e-9F);
      orientation.coherence(y, x) = std::hypot(sum[0], sum[1]) / (sum[2] + 1e-9F);
    }
  }
  const double period_sigma = settings.refine_period_sigma / kMapStep;
  cv::GaussianBlur(gradients, fine, cv::Size(), period_sigma, period_sigma, cv::BORDER_REPLICATE);
  cv::Mat4f blocks;
  cv::resize(fine, blocks, frequency.period_px.size(), 0, 0, cv::INTER_AREA);
  for (int y = 0; y < blocks.rows; ++y) {
    for (int x = 0; x < blocks.cols; ++x) {
      const cv::Vec4f& sum = blocks(y, x);
      if (sum[3] < 1e-3F) continue;
      const float k = std::sqrt(sum[2] / sum[3]);
      frequency.period_px(y, x) =
          std::clamp(2 * static_cast<float>(CV_PI) / k, settings.period_min, settings.period_max);
    }
  }
}

}  // namespace qorgan::finger
