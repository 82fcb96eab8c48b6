#include "finger/wave.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "base/result.h"
#include "finger/field.h"
#include "finger/normalise.h"

namespace qorgan::finger {

namespace {

constexpr int kRadius = 10;
constexpr int kSide = 2 * kRadius + 1;
constexpr int kRow = 24;  // kSide rounded up to whole vectors; the rest is zero
constexpr int kAngles = 32;
constexpr int kPeriods = 12;

struct Kernel {
  alignas(32) float even[kSide * kRow];
  alignas(32) float odd[kSide * kRow];
};

Kernel make_kernel(float angle, float period, const ExtractSettings& settings) {
  Kernel k{};
  const float c = std::cos(angle);
  const float s = std::sin(angle);
  const float across_sigma = settings.wave_sigma_across_periods * period;
  const float along_sigma = settings.wave_sigma_along;
  float even_sum = 0;
  float envelope_sum = 0;
  std::vector<float> envelopes(kSide * kRow, 0.0F);
  for (int y = -kRadius; y <= kRadius; ++y) {
    for (int x = -kRadius; x <= kRadius; ++x) {
      const float across = static_cast<float>(x) * c + static_cast<float>(y) * s;
      const float along = static_cast<float>(y) * c - static_cast<float>(x) * s;
      const float envelope = std::exp(
          -0.5F * (across * across / (across_sigma * across_sigma) + along * along / (along_sigma * along_sigma)));
      const float phase = 2 * static_cast<float>(CV_PI) * across / period;
      const auto at = static_cast<std::size_t>((y + kRadius) * kRow + x + kRadius);
      envelopes[at] = envelope;
      k.even[at] = envelope * std::cos(phase);
      k.odd[at] = -envelope * std::sin(phase);
      even_sum += k.even[at];
      envelope_sum += envelope;
    }
  }
  float power = 0;
  for (std::size_t i = 0; i < kSide * kRow; ++i) {
    k.even[i] -= envelopes[i] * even_sum / envelope_sum;
    power += envelopes[i];
  }
  for (std::size_t i = 0; i < kSide * kRow; ++i) {
    k.even[i] *= 2 / power;
    k.odd[i] *= 2 / power;
  }
  return k;
}

struct Bank {
  std::vector<Kernel> kernels;
  float period_min = 0;
  float period_ratio = 0;  // between neighbours
};

Bank make_bank(const ExtractSettings& settings) {
  Bank bank;
  bank.period_min = settings.period_min;
  bank.period_ratio = std::pow(settings.period_max / settings.period_min, 1.0F / (kPeriods - 1));
  for (int p = 0; p < kPeriods; ++p) {
    const float period = bank.period_min * std::pow(bank.period_ratio, static_cast<float>(p));
    for (int a = 0; a < kAngles; ++a) {
      bank.kernels.push_back(
          make_kernel(static_cast<float>(a) * static_cast<float>(CV_PI) / kAngles, period, settings));
    }
  }
  return bank;
}

// Made once: it costs about as much as filtering a print. All callers must agree on the settings (asserted).
const Bank& shared_bank(const ExtractSettings& settings) {
  static const ExtractSettings made_with = settings;
  static const Bank bank = make_bank(made_with);
  QORGAN_ASSERT(settings.period_min == made_with.period_min && settings.period_max == made_with.period_max &&
                settings.wave_sigma_along == made_with.wave_sigma_along &&
                settings.wave_sigma_across_periods == made_with.wave_sigma_across_periods);
  return bank;
}

// Sums in kLanes parts, so that the compiler can use vectors without reordering a sum.
constexpr int kLanes = 8;

cv::Vec2f apply(const Kernel& kernel, const cv::Mat1f& padded, int x, int y) {
  float even[kLanes] = {};
  float odd[kLanes] = {};
  for (int row = 0; row < kSide; ++row) {
    const float* pixel = padded[y + row] + x;
    const float* e = kernel.even + row * kRow;
    const float* o = kernel.odd + row * kRow;
    for (int i = 0; i < kRow; i += kLanes) {
      for (int lane = 0; lane < kLanes; ++lane) {
        even[lane] += pixel[i + lane] * e[i + lane];
        odd[lane] += pixel[i + lane] * o[i + lane];
      }
    }
  }
  cv::Vec2f sum(0, 0);
  for (int lane = 0; lane < kLanes; ++lane) sum += cv::Vec2f(even[lane], odd[lane]);
  return sum;
}

}  // namespace

WaveField filter_waves(const cv::Mat1f& grey, const Orientation& orientation, const Frequency& frequency,
                       const cv::Mat1b& mask, int step_px, const ExtractSettings& settings) {
  const Bank& bank = shared_bank(settings);
  cv::Mat1f padded;
  cv::copyMakeBorder(grey, padded, kRadius, kRadius, kRadius, kRow - kRadius, cv::BORDER_REFLECT_101);
  const cv::Size size(grey.cols / step_px, grey.rows / step_px);
  WaveField out{step_px, cv::Mat2f(size, cv::Vec2f(0, 0)), cv::Mat2f(size, cv::Vec2f(0, 0)), cv::Mat1f(size, 0.0F)};
  for (int gy = 0; gy < size.height; ++gy) {
    for (int gx = 0; gx < size.width; ++gx) {
      const int x = gx * step_px;
      const int y = gy * step_px;
      if (mask(y / kBlockStep, x / kBlockStep) == 0) continue;
      const cv::Vec2f doubled = read_map(orientation.doubled, kMapStep, static_cast<float>(x), static_cast<float>(y));
      const float angle = 0.5F * std::atan2(doubled[1], doubled[0]);
      const float period = read_map(frequency.period_px, kBlockStep, static_cast<float>(x), static_cast<float>(y));
      const int a = cvRound(angle * kAngles / static_cast<float>(CV_PI));
      const int p =
          std::clamp(cvRound(std::log(period / bank.period_min) / std::log(bank.period_ratio)), 0, kPeriods - 1);
      const int index = p * kAngles + (a % kAngles + kAngles) % kAngles;
      cv::Vec2f value = apply(bank.kernels[static_cast<std::size_t>(index)], padded, x, y);
      // Angles beyond half a turn of the bank are the same kernel with the normal reversed.
      const int turns = (a - (a % kAngles + kAngles) % kAngles) / kAngles;
      if (turns % 2 != 0) value[1] = -value[1];
      out.value(gy, gx) = value;
      out.normal(gy, gx) = cv::Vec2f(std::cos(angle), std::sin(angle));
      out.period_px(gy, gx) = period;
    }
  }
  return out;
}

}  // namespace qorgan::finger
