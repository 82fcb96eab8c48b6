#include "finger/frequency.h"

#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "finger/field.h"
#include "finger/frequency_profile.h"
#include "finger/normalise.h"

namespace qorgan::finger {

namespace {

struct Wave {
  float frequency = 0;
  float clarity = 0;
};

// The strongest wave of a profile, its frequency refined by a parabola through the powers beside it.
Wave strongest(const Spectrum& s, const float* power, float total) {
  const float* best = std::max_element(power, power + kProfilePeriods);
  const auto k = static_cast<std::size_t>(best - power);
  Wave wave{s.frequency[k], 2 * *best / (total + 1e-3F)};
  if (k > 0 && k + 1 < kProfilePeriods) {
    const float bend = best[-1] - 2 * best[0] + best[1];
    if (bend < 0) wave.frequency += 0.5F * (best[-1] - best[1]) / bend * (s.frequency[1] - s.frequency[0]);
  } else {
    wave.clarity *= 0.3F;
  }
  return wave;
}

Wave measure(const GreyView& grey, const Spectrum& s, const ProfileSteps& steps, const ProfilePlace& place) {
  Profile profile;
  steps.take(grey, place, profile);
  float total = 0;
  float mean = 0;
  for (int i = 0; i < kProfileSamples; ++i) {
    total += s.window[i] * profile.square_sum[i] / kProfileLines;
    mean += s.window[i] * profile.mean[i];
  }
  for (int i = 0; i < kProfileSamples; ++i) profile.mean[i] = (profile.mean[i] - mean) * s.window[i];
  std::array<float, kProfilePeriods> power{};
  steps.transform(s, profile.mean, power.data());
  return strongest(s, power.data(), total);
}

}  // namespace

Frequency estimate_frequency(const cv::Mat1f& grey, const Orientation& orientation, const ExtractSettings& settings) {
  static const ProfileSteps steps = profile_versions().back();
  const Spectrum spectrum = make_spectrum(settings);
  const GreyView view{grey[0], grey.cols, grey.rows, static_cast<int>(grey.step1())};
  const cv::Size size(grey.cols / kBlockStep, grey.rows / kBlockStep);
  Frequency out{cv::Mat1f(size), cv::Mat1f(size)};
  cv::Mat1f weighted(size);
  cv::Mat1f weight(size);
  for (int by = 0; by < size.height; ++by) {
    for (int bx = 0; bx < size.width; ++bx) {
      const float x = static_cast<float>(bx * kBlockStep) + (kBlockStep - 1) / 2.0F;
      const float y = static_cast<float>(by * kBlockStep) + (kBlockStep - 1) / 2.0F;
      const cv::Vec2f doubled = read_map(orientation.doubled, kMapStep, x, y);
      const float angle = 0.5F * std::atan2(doubled[1], doubled[0]);
      const Wave wave = measure(view, spectrum, steps, {x, y, std::cos(angle), std::sin(angle)});
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
