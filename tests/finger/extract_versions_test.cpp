// Every version of the extractor's inner loops gives the same bits, so that a print gives the same minutiae everywhere.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numbers>
#include <random>

#include "finger/frequency_profile.h"
#include "finger/wave_kernel.h"

namespace qorgan::finger {
namespace {

std::vector<float> noise(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> value(-2, 2);
  std::vector<float> values(count);
  for (float& v : values) v = value(random);
  return values;
}

TEST(ExtractVersions, OfTheWaveKernelsAgreeToTheLastBit) {
  constexpr std::size_t kStride = 80;
  const std::vector<float> pixels = noise(kStride * 60, 1);
  const WaveBank& bank = shared_wave_bank(ExtractSettings{});
  const std::vector<ApplyWaveKernel> versions = wave_kernel_versions();
  for (std::size_t k = 0; k < bank.kernels.size(); k += 7) {
    WavePlaces expected{{&pixels[0], &pixels[kStride * 3 + 5], &pixels[kStride * 30 + 17], &pixels[51]}, {}, {}};
    versions.front()(bank.kernels[k], kStride, expected);
    for (const ApplyWaveKernel version : versions) {
      WavePlaces places = expected;
      std::fill_n(places.even, kWavePlaces, 0.0F);
      std::fill_n(places.odd, kWavePlaces, 0.0F);
      version(bank.kernels[k], kStride, places);
      EXPECT_EQ(std::memcmp(places.even, expected.even, sizeof(expected.even)), 0) << "kernel " << k;
      EXPECT_EQ(std::memcmp(places.odd, expected.odd, sizeof(expected.odd)), 0) << "kernel " << k;
    }
  }
}

TEST(ExtractVersions, OfTheWaveKernelsAreSumsOfProducts) {
  constexpr std::size_t kStride = 32;
  const std::vector<float> pixels = noise(kStride * kWaveSide, 2);
  const WaveKernel& kernel = shared_wave_bank(ExtractSettings{}).kernels[100];
  double even = 0;
  double odd = 0;
  for (std::size_t y = 0; y < kWaveSide; ++y) {
    for (std::size_t x = 0; x < kWaveSide; ++x) {
      even += static_cast<double>(pixels[y * kStride + x]) * static_cast<double>(kernel.even[y * kWaveRow + x]);
      odd += static_cast<double>(pixels[y * kStride + x]) * static_cast<double>(kernel.odd[y * kWaveRow + x]);
    }
  }
  for (const ApplyWaveKernel version : wave_kernel_versions()) {
    WavePlaces places{{pixels.data(), pixels.data(), pixels.data(), pixels.data()}, {}, {}};
    version(kernel, kStride, places);
    for (int i = 0; i < kWavePlaces; ++i) {
      EXPECT_NEAR(places.even[i], even, 1e-5);
      EXPECT_NEAR(places.odd[i], odd, 1e-5);
    }
  }
}

TEST(ExtractVersions, OfTheProfileAgreeToTheLastBit) {
  const std::vector<float> pixels = noise(96 * 64, 3);
  const GreyView view{pixels.data(), 90, 64, 96};
  const Spectrum spectrum = make_spectrum(ExtractSettings{});
  const std::vector<ProfileSteps> versions = profile_versions();
  for (int i = 0; i < 200; ++i) {
    const float angle = 0.11F * static_cast<float>(i);
    // Some lie so near the edge that most of the profile is outside.
    const ProfilePlace place{static_cast<float>(i * 37 % 90), static_cast<float>(i * 13 % 64), std::cos(angle),
                             std::sin(angle)};
    Profile expected;
    versions.front().take(view, place, expected);
    float power[kProfilePeriods];
    versions.front().transform(spectrum, expected.mean, power);
    for (const ProfileSteps& version : versions) {
      Profile profile;
      version.take(view, place, profile);
      EXPECT_EQ(std::memcmp(profile.mean, expected.mean, sizeof(expected.mean)), 0) << "place " << i;
      EXPECT_EQ(std::memcmp(profile.square_sum, expected.square_sum, sizeof(expected.square_sum)), 0) << "place " << i;
      float other[kProfilePeriods];
      version.transform(spectrum, profile.mean, other);
      EXPECT_EQ(std::memcmp(other, power, sizeof(power)), 0) << "place " << i;
    }
  }
}

TEST(ExtractVersions, OfTheProfileFindTheFrequencyOfAWave) {
  const Spectrum spectrum = make_spectrum(ExtractSettings{});
  std::vector<float> pixels(80 * 80);
  for (const int wanted : {2, 7, 13}) {
    for (std::size_t i = 0; i < pixels.size(); ++i)
      pixels[i] = std::cos(2 * std::numbers::pi_v<float> * spectrum.frequency[wanted] * static_cast<float>(i % 80));
    for (const ProfileSteps& version : profile_versions()) {
      Profile profile;
      version.take({pixels.data(), 80, 80, 80}, {40, 40, 1, 0}, profile);
      EXPECT_NEAR(profile.mean[0], pixels[20], 1e-5);
      EXPECT_NEAR(profile.square_sum[5], kProfileLines * pixels[25] * pixels[25], 1e-4);
      for (int i = 0; i < kProfileSamples; ++i) profile.mean[i] *= spectrum.window[i];
      float power[kProfilePeriods];
      version.transform(spectrum, profile.mean, power);
      EXPECT_EQ(std::max_element(power, power + kProfilePeriods) - power, wanted);
    }
  }
}

}  // namespace
}  // namespace qorgan::finger
