// Repeatable pseudo-random numbers for artificial prints. They are public data made from a public seed: nothing secret
// may come from here (secrets come from crypto/random.h alone).
#pragma once

#include <array>
#include <cstdint>

namespace qorgan::finger::synth {

// Mixes a seed and a label into a new seed; distinct labels give unrelated seeds (SplitMix64's output function: Steele,
// Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t label);

// xoshiro256** (Blackman, Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47(4), 2021), with its own
// distributions, since those of the standard library differ from one library to another.
class Random {
 public:
  explicit Random(std::uint64_t seed);

  std::uint64_t next();
  // 0 <= result < 1, a multiple of 2^-53.
  double uniform();
  // low <= result <= high; low <= high.
  double uniform(double low, double high);
  // 0 .. count - 1; count at least 1.
  int below(int count);
  bool chance(double probability);
  // Sum of twelve uniform numbers, scaled: close to Gaussian, never further than six deviations from the mean, and free
  // of mathematical functions whose last bit differs between libraries.
  double normal(double mean, double deviation);

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace qorgan::finger::synth
