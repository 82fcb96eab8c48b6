#include "finger/frequency_profile.h"

#include <cmath>
#include <numbers>

#include "finger/wave_lanes.h"

namespace qorgan::finger {

namespace {

inline __attribute__((always_inline)) void clamp_lanes(Lanes& values, float least, float most) {
  values = values < least ? Lanes{} + least : values;
  values = values > most ? Lanes{} + most : values;
}

// The cell left of (or above) a position, at most `last`, and how far the position is beyond it, 0..1.
inline __attribute__((always_inline)) void split_lanes(const Lanes& position, int last, WholeLanes& cell,
                                                       Lanes& beyond) {
  // Comparing before truncating keeps numbers beyond an int's range out.
  Lanes inside = position;
  clamp_lanes(inside, 0.0F, static_cast<float>(last));
  cell = __builtin_convertvector(inside, WholeLanes);
  beyond = position - __builtin_convertvector(cell, Lanes);
  clamp_lanes(beyond, 0.0F, 1.0F);
}

inline __attribute__((always_inline)) void gather(const float* from, const WholeLanes& at, Lanes& to) {
  to = Lanes{from[at[0]], from[at[1]], from[at[2]], from[at[3]], from[at[4]], from[at[5]], from[at[6]], from[at[7]]};
}

inline __attribute__((always_inline)) void sample(const GreyView& grey, const Lanes& x, const Lanes& y, Lanes& value) {
  WholeLanes column;
  WholeLanes row;
  Lanes wx;
  Lanes wy;
  split_lanes(x, grey.width_px - 2, column, wx);
  split_lanes(y, grey.height_px - 2, row, wy);
  const WholeLanes at = row * grey.stride + column;
  const float* pixels = grey.pixels;
  Lanes corner[4] = {};
  gather(pixels, at, corner[0]);
  gather(pixels + 1, at, corner[1]);
  gather(pixels + grey.stride, at, corner[2]);
  gather(pixels + grey.stride + 1, at, corner[3]);
  value = (corner[0] * (1 - wx) + corner[1] * wx) * (1 - wy) + (corner[2] * (1 - wx) + corner[3] * wx) * wy;
}

inline __attribute__((always_inline)) void take(const GreyView& grey, const ProfilePlace& middle, Profile& profile) {
  for (int i = 0; i < kProfileRow; i += kLanes) {
    const Lanes across = Lanes{0, 1, 2, 3, 4, 5, 6, 7} + static_cast<float>(i - kProfileSamples / 2);
    const Lanes x = middle.x_px + across * middle.normal_x;
    const Lanes y = middle.y_px + across * middle.normal_y;
    Lanes sum{};
    Lanes squares{};
    for (int j = 0; j < kProfileLines; ++j) {
      const float along = 2 * static_cast<float>(j - kProfileLines / 2);
      Lanes value;
      sample(grey, x - along * middle.normal_y, y + along * middle.normal_x, value);
      sum += value;
      squares += value * value;
    }
    store_lanes(sum / kProfileLines, profile.mean + i);
    store_lanes(squares, profile.square_sum + i);
  }
}

inline __attribute__((always_inline)) void transform(const Spectrum& spectrum, const float* values, float* power) {
  static_assert(kProfilePeriods % kLanes == 0);
  for (int k = 0; k < kProfilePeriods; k += kLanes) {
    Lanes real{};
    Lanes imaginary{};
    for (int i = 0; i < kProfileSamples; ++i) {
      Lanes cosine;
      Lanes sine;
      load_lanes(spectrum.cosine[i] + k, cosine);
      load_lanes(spectrum.sine[i] + k, sine);
      real += values[i] * cosine;
      imaginary += values[i] * sine;
    }
    store_lanes(real * real + imaginary * imaginary, power + k);
  }
}

void take_portable(const GreyView& grey, const ProfilePlace& middle, Profile& profile) {
  take(grey, middle, profile);
}

QORGAN_FINGER_AVX2 void take_avx2(const GreyView& grey, const ProfilePlace& middle, Profile& profile) {
  take(grey, middle, profile);
}

void transform_portable(const Spectrum& spectrum, const float* values, float* power) {
  transform(spectrum, values, power);
}

QORGAN_FINGER_AVX2 void transform_avx2(const Spectrum& spectrum, const float* values, float* power) {
  transform(spectrum, values, power);
}

}  // namespace

Spectrum make_spectrum(const ExtractSettings& settings) {
  Spectrum s{};
  float sum = 0;
  for (int i = 0; i < kProfileSamples; ++i) {
    const float u = static_cast<float>(i - kProfileSamples / 2) / (kProfileSamples / 2 + 1);
    s.window[i] = 0.5F + 0.5F * std::cos(u * std::numbers::pi_v<float>);
    sum += s.window[i];
  }
  for (float& w : s.window) w /= sum;
  for (int k = 0; k < kProfilePeriods; ++k) {
    const float share = static_cast<float>(k) / (kProfilePeriods - 1);
    const float f = (1 - share) / settings.period_max + share / settings.period_min;
    s.frequency[k] = f;
    for (int i = 0; i < kProfileSamples; ++i) {
      const float angle = 2 * std::numbers::pi_v<float> * f * static_cast<float>(i - kProfileSamples / 2);
      s.cosine[i][k] = std::cos(angle);
      s.sine[i][k] = std::sin(angle);
    }
  }
  return s;
}

std::vector<ProfileSteps> profile_versions() {
  std::vector<ProfileSteps> versions{{take_portable, transform_portable}};
  if (runs_avx2()) versions.push_back({take_avx2, transform_avx2});
  return versions;
}

}  // namespace qorgan::finger
