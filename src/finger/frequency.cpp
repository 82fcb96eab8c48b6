#include "finger/frequency.h"

#include <array>
#include <cmath>
#include <complex>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "finger/field.h"
#include "finger/normalise.h"

namespace qorgan::finger {

namespace {

constexpr int kAcross = 41;  // samples of the profile, 1 pixel apart: four mean ridges
constexpr int kAlong = 9;    // lines averaged, 2 pixels apart
constexpr int kPeriods = 16;

struct Spectrum {
  std::array<float, kAcross> window{};
  std::array<float, kPeriods> frequency{};
  std::array<std::array<std::complex<float>, kAcross>, kPeriods> wave{};
};

Spectrum make_spectrum(const ExtractSettings& settings) {
  Spectrum s;
  float sum = 0;
  for (int i = 0; i < kAcross; ++i) {
    const float u = static_cast<float>(i - kAcross / 2) / (kAcross / 2 + 1);
    s.window[static_cast<std::size_t>(i)] = 0.5F + 0.5F * std::cos(u * static_cast<float>(CV_PI));
    sum += s.window[static_cast<std::size_t>(i)];
  }
  for (float& w : s.window) w /= sum;
  for (int k = 0; k < kPeriods; ++k) {
    const float share = static_cast<float>(k) / (kPeriods - 1);
    const float f = (1 - share) / settings.period_max + share / settings.period_min;
    s.frequency[static_cast<std::size_t>(k)] = f;
    for (int i = 0; i < kAcross; ++i) {
      const float angle = 2 * static_cast<float>(CV_PI) * f * static_cast<float>(i - kAcross / 2);
      s.wave[static_cast<std::size_t>(k)][static_cast<std::size_t>(i)] = std::polar(1.0F, angle);
    }
  }
  return s;
}

float sample(const cv::Mat1f& grey, float x, float y) {
  const int xi = std::clamp(static_cast<int>(x), 0, grey.cols - 2);
  const int yi = std::clamp(static_cast<int>(y), 0, grey.rows - 2);
  const float wx = std::clamp(x - static_cast<float>(xi), 0.0F, 1.0F);
  const float wy = std::clamp(y - static_cast<float>(yi), 0.0F, 1.0F);
  const float* top = grey[yi] + xi;
  const float* bottom = grey[yi + 1] + xi;
  return (top[0] * (1 - wx) + top[1] * wx) * (1 - wy) + (bottom[0] * (1 - wx) + bottom[1] * wx) * wy;
}

struct Wave {
  float frequency = 0;
  float clarity = 0;
};

Wave measure(const cv::Mat1f& grey, const Spectrum& s, cv::Point2f middle, cv::Point2f normal) {
  std::array<float, kAcross> profile{};
  float total = 0;
  for (int i = 0; i < kAcross; ++i) {
    const float across = static_cast<float>(i - kAcross / 2);
    float sum = 0;
    float squares = 0;
    for (int j = 0; j < kAlong; ++j) {
      const float along = 2 * static_cast<float>(j - kAlong / 2);
      const float value = sample(grey, middle.x + across * normal.x - along * normal.y,
                                 middle.y + across * normal.y + along * normal.x);
      sum += value;
      squares += value * value;
    }
    profile[static_cast<std::size_t>(i)] = sum / kAlong;
    total += s.window[static_cast<std::size_t>(i)] * squares / kAlong;
  }
  float mean = 0;
  for (std::size_t i = 0; i < kAcross; ++i) mean += profile[i] * s.window[i];
  for (std::size_t i = 0; i < kAcross; ++i) profile[i] = (profile[i] - mean) * s.window[i];
  std::array<float, kPeriods> power{};
  std::size_t best = 0;
  for (std::size_t k = 0; k < kPeriods; ++k) {
    std::complex<float> sum = 0;
    for (std::size_t i = 0; i < kAcross; ++i) sum += profile[i] * s.wave[k][i];
    power[k] = std::norm(sum);
    if (power[k] > power[best]) best = k;
  }
  Wave wave{s.frequency[best], 2 * power[best] / (total + 1e-3F)};
  if (best > 0 && best + 1 < kPeriods) {
    const float bend = power[best - 1] - 2 * power[best] + power[best + 1];
    if (bend < 0) {
      const float shift = 0.5F * (power[best - 1] - power[best + 1]) / bend;
      wave.frequency += shift * (s.frequency[1] - s.frequency[0]);
    }
  } else {
    wave.clarity *= 0.3F;
  }
  return wave;
}

}  // namespace

Frequency estimate_frequency(const cv::Mat1f& grey, const Orientation& orientation, const ExtractSettings& settings) {
  const Spectrum spectrum = make_spectrum(settings);
  const cv::Size size(grey.cols / kBlockStep, grey.rows / kBlockStep);
  Frequency out{cv::Mat1f(size), cv::Mat1f(size)};
  cv::Mat1f weighted(size);
  cv::Mat1f weight(size);
  for (int by = 0; by < size.height; ++by) {
    for (int bx = 0; bx < size.width; ++bx) {
      const cv::Point2f middle(static_cast<float>(bx * kBlockStep) + (kBlockStep - 1) / 2.0F,
                               static_cast<float>(by * kBlockStep) + (kBlockStep - 1) / 2.0F);
      const cv::Vec2f doubled = read_map(orientation.doubled, kMapStep, middle.x, middle.y);
      const float angle = 0.5F * std::atan2(doubled[1], doubled[0]);
      const Wave wave = measure(grey, spectrum, middle, cv::Point2f(std::cos(angle), std::sin(angle)));
      out.clarity(by, bx) = std::min(1.0F, wave.clarity);
      weight(by, bx) = wave.clarity * wave.clarity + 1e-4F;
      weighted(by, bx) = weight(by, bx) * wave.frequency;
    }
  }
  const float sigma = settings.period_smooth_sigma / kBlockStep;
  cv::GaussianBlur(weighted, weighted, cv::Size(), sigma, sigma, cv::BORDER_REPLICATE);
  cv::GaussianBlur(weight, weight, cv::Size(), sigma, sigma, cv::BORDER_REPLICATE);
  cv::divide(weight, weighted, out.period_px);
  return out;
}

}  // namespace qorgan::finger
