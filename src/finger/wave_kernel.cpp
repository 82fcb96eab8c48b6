#include "finger/wave_kernel.h"

#include <cmath>
#include <opencv2/core.hpp>

#include "base/result.h"
#include "finger/wave_lanes.h"

namespace qorgan::finger {

namespace {

WaveKernel make_kernel(float angle, float period, const ExtractSettings& settings) {
  WaveKernel k{};
  const float c = std::cos(angle);
  const float s = std::sin(angle);
  const float across_sigma = settings.wave_sigma_across_periods * period;
  const float along_sigma = settings.wave_sigma_along;
  float even_sum = 0;
  float envelope_sum = 0;
  std::vector<float> envelopes(kWaveSide * kWaveRow, 0.0F);
  for (int y = -kWaveRadius; y <= kWaveRadius; ++y) {
    for (int x = -kWaveRadius; x <= kWaveRadius; ++x) {
      const float across = static_cast<float>(x) * c + static_cast<float>(y) * s;
      const float along = static_cast<float>(y) * c - static_cast<float>(x) * s;
      const float envelope = std::exp(
          -0.5F * (across * across / (across_sigma * across_sigma) + along * along / (along_sigma * along_sigma)));
      const float phase = 2 * static_cast<float>(CV_PI) * across / period;
      const auto at = static_cast<std::size_t>((y + kWaveRadius) * kWaveRow + x + kWaveRadius);
      envelopes[at] = envelope;
      k.even[at] = envelope * std::cos(phase);
      k.odd[at] = -envelope * std::sin(phase);
      even_sum += k.even[at];
      envelope_sum += envelope;
    }
  }
  float power = 0;
  for (std::size_t i = 0; i < kWaveSide * kWaveRow; ++i) {
    k.even[i] -= envelopes[i] * even_sum / envelope_sum;
    power += envelopes[i];
  }
  for (std::size_t i = 0; i < kWaveSide * kWaveRow; ++i) {
    k.even[i] *= 2 / power;
    k.odd[i] *= 2 / power;
  }
  return k;
}

WaveBank make_bank(const ExtractSettings& settings) {
  WaveBank bank;
  bank.period_min_px = settings.period_min;
  bank.period_ratio = std::pow(settings.period_max / settings.period_min, 1.0F / (kWavePeriods - 1));
  for (int p = 0; p < kWavePeriods; ++p) {
    const float period = bank.period_min_px * std::pow(bank.period_ratio, static_cast<float>(p));
    for (int a = 0; a < kWaveAngles; ++a) {
      bank.kernels.push_back(
          make_kernel(static_cast<float>(a) * static_cast<float>(CV_PI) / kWaveAngles, period, settings));
    }
  }
  return bank;
}

// Lane after lane, as the sums have always been made.
inline __attribute__((always_inline)) float sum_of(const Lanes& lanes) {
  float sum = 0;
  for (int lane = 0; lane < kLanes; ++lane) sum += lanes[lane];
  return sum;
}

inline __attribute__((always_inline)) void apply(const WaveKernel& kernel, std::ptrdiff_t stride, WavePlaces& places) {
  Lanes even[kWavePlaces] = {};
  Lanes odd[kWavePlaces] = {};
  for (int row = 0; row < kWaveSide; ++row) {
    for (int i = 0; i < kWaveRow; i += kLanes) {
      Lanes e;
      Lanes o;
      load_lanes(kernel.even + row * kWaveRow + i, e);
      load_lanes(kernel.odd + row * kWaveRow + i, o);
#pragma GCC unroll 4
      for (int place = 0; place < kWavePlaces; ++place) {
        Lanes pixels;
        load_lanes(places.corners[place] + row * stride + i, pixels);
        even[place] += pixels * e;
        odd[place] += pixels * o;
      }
    }
  }
  for (int place = 0; place < kWavePlaces; ++place) {
    places.even[place] = sum_of(even[place]);
    places.odd[place] = sum_of(odd[place]);
  }
}

void apply_portable(const WaveKernel& kernel, std::ptrdiff_t stride, WavePlaces& places) {
  apply(kernel, stride, places);
}

QORGAN_FINGER_AVX2 void apply_avx2(const WaveKernel& kernel, std::ptrdiff_t stride, WavePlaces& places) {
  apply(kernel, stride, places);
}

}  // namespace

const WaveBank& shared_wave_bank(const ExtractSettings& settings) {
  static const ExtractSettings made_with = settings;
  static const WaveBank bank = make_bank(made_with);
  QORGAN_ASSERT(settings.period_min == made_with.period_min && settings.period_max == made_with.period_max &&
                settings.wave_sigma_along == made_with.wave_sigma_along &&
                settings.wave_sigma_across_periods == made_with.wave_sigma_across_periods);
  return bank;
}

std::vector<ApplyWaveKernel> wave_kernel_versions() {
  std::vector<ApplyWaveKernel> versions{apply_portable};
  if (runs_avx2()) versions.push_back(apply_avx2);
  return versions;
}

}  // namespace qorgan::finger
