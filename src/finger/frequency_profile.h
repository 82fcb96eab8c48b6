// The inner loops of the frequency stage.
#pragma once

#include <vector>

#include "finger/extract_settings.h"

namespace qorgan::finger {

inline constexpr int kProfileSamples = 41;  // 1 pixel apart: four mean ridges
inline constexpr int kProfileLines = 9;     // averaged, 2 pixels apart
inline constexpr int kProfileRow = 48;      // kProfileSamples rounded up to whole vectors
inline constexpr int kProfilePeriods = 16;

// A picture in memory, rows `stride` floats apart; at least 2 x 2.
struct GreyView {
  const float* pixels = nullptr;
  int width_px = 0;
  int height_px = 0;
  int stride = 0;
};

struct ProfilePlace {
  float x_px = 0;
  float y_px = 0;
  float normal_x = 0;  // a unit vector, the profile's direction
  float normal_y = 0;
};

// Grey values across the ridges, averaged along them.
struct Profile {
  alignas(32) float mean[kProfileRow];
  alignas(32) float square_sum[kProfileRow];  // of all lines
};

// What the profile is compared with: a window, and under it a cosine and a sine of each frequency.
struct Spectrum {
  float window[kProfileSamples];
  float frequency[kProfilePeriods];  // waves a pixel, evenly spaced
  alignas(32) float cosine[kProfileSamples][kProfilePeriods];
  alignas(32) float sine[kProfileSamples][kProfilePeriods];
};
Spectrum make_spectrum(const ExtractSettings& settings);

struct ProfileSteps {
  // The profile around a place, read bilinearly; outside the picture its edge repeats.
  void (*take)(const GreyView& grey, const ProfilePlace& middle, Profile& profile);
  // power[k] = |sum of values[i] (cosine[i][k] + i sine[i][k])|^2
  void (*transform)(const Spectrum& spectrum, const float* values, float* power);
};

// All that this processor can run, the quickest last. They give the same bits.
std::vector<ProfileSteps> profile_versions();

}  // namespace qorgan::finger
