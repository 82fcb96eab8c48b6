#include "finger/synth/random.h"

#include <bit>

#include "base/result.h"

namespace qorgan::finger::synth {
namespace {

constexpr std::uint64_t kGoldenGamma = 0x9e3779b97f4a7c15;

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t label) {
  return mix(mix(seed + kGoldenGamma) ^ mix(label + 2 * kGoldenGamma));
}

Random::Random(std::uint64_t seed) {
  for (auto& word : state_) {
    seed += kGoldenGamma;
    word = mix(seed);
  }
}

std::uint64_t Random::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Random::uniform() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

double Random::uniform(double low, double high) {
  return low + (high - low) * uniform();
}

int Random::below(int count) {
  QORGAN_ASSERT(count >= 1);
  return static_cast<int>(uniform() * count);
}

bool Random::chance(double probability) {
  return uniform() < probability;
}

double Random::normal(double mean, double deviation) {
  double sum = -6;
  for (int i = 0; i < 3; ++i) {
    const std::uint64_t four = next();
    for (int shift = 0; shift < 64; shift += 16)
      sum += (static_cast<double>((four >> shift) & 0xffff) + 0.5) * 0x1.0p-16;
  }
  return mean + deviation * sum;
}

}  // namespace qorgan::finger::synth
