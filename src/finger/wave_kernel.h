// The filters of the wave stage and how they are applied.
#pragma once

#include <cstddef>
#include <vector>

#include "finger/extract_settings.h"

namespace qorgan::finger {

inline constexpr int kWaveRadius = 10;
inline constexpr int kWaveSide = 2 * kWaveRadius + 1;
inline constexpr int kWaveRow = 24;  // kWaveSide rounded up to whole vectors; the rest is zero
inline constexpr int kWaveAngles = 32;
inline constexpr int kWavePeriods = 12;

// A pair of Gabor filters in quadrature, tuned to one angle and period; `even` sums to nothing.
struct WaveKernel {
  alignas(32) float even[kWaveSide * kWaveRow];
  alignas(32) float odd[kWaveSide * kWaveRow];
};

// One for each of kWavePeriods periods, in a geometric row, and kWaveAngles angles of half a turn.
struct WaveBank {
  std::vector<WaveKernel> kernels;  // angle by angle, period after period
  float period_min_px = 0;
  float period_ratio = 0;  // between neighbours
};

// Made once: it costs about as much as filtering a print. All callers must agree on the settings (asserted).
const WaveBank& shared_wave_bank(const ExtractSettings& settings);

// Places that are filtered together, so that each number of the kernel is read once for all of them.
inline constexpr int kWavePlaces = 4;

// corners[i] is the left upper of the kWaveSide x kWaveRow pixels around place i, in rows `stride` floats apart;
// even[i] and odd[i] receive its products with the kernel.
struct WavePlaces {
  const float* corners[kWavePlaces];
  float even[kWavePlaces];
  float odd[kWavePlaces];
};
using ApplyWaveKernel = void (*)(const WaveKernel& kernel, std::ptrdiff_t stride, WavePlaces& places);

// All that this processor can run, the quickest last. They give the same bits.
std::vector<ApplyWaveKernel> wave_kernel_versions();

}  // namespace qorgan::finger
