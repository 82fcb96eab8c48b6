#include "finger/synth/ridges.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/result.h"
#include "finger/synth/random.h"

namespace qorgan::finger::synth {
namespace {

constexpr int kOrientations = 48;
constexpr int kPeriods = 12;
constexpr double kPeriodMin_px = 6.5;
constexpr double kPeriodMax_px = 12.0;
constexpr int kLanes = 4;

// Gabor kernels for every orientation and period, at one resolution. Rows are padded with zeros to whole vectors.
class KernelBank {
 public:
  // `scale`: pixels of this grid per pixel at 500 dpi.
  KernelBank(double scale, int radius) : radius_(radius), stride_((2 * radius + 1 + kLanes - 1) / kLanes * kLanes) {
    for (int p = 0; p < kPeriods; ++p)
      for (int o = 0; o < kOrientations; ++o) append(o * std::numbers::pi / kOrientations, scale * period_of(p));
  }

  int radius() const { return radius_; }
  int stride() const { return stride_; }
  const float* kernel(int index) const { return weights_.data() + static_cast<std::size_t>(index * stride_ * side()); }
  int side() const { return 2 * radius_ + 1; }

  static int index_of(double orientation_rad, double period_px) {
    const int o = static_cast<int>(std::lround(orientation_rad * kOrientations / std::numbers::pi)) % kOrientations;
    const double step = (kPeriodMax_px - kPeriodMin_px) / (kPeriods - 1);
    const int p = std::clamp(static_cast<int>(std::lround((period_px - kPeriodMin_px) / step)), 0, kPeriods - 1);
    return p * kOrientations + o;
  }

 private:
  static double period_of(int p) { return kPeriodMin_px + p * (kPeriodMax_px - kPeriodMin_px) / (kPeriods - 1); }

  void append(double orientation_rad, double period) {
    const std::size_t begin = weights_.size();
    const std::size_t size = static_cast<std::size_t>(side() * stride_);
    weights_.resize(begin + size, 0.0F);
    const double along_sigma = 0.50 * period;
    const double across_sigma = 0.42 * period;
    const double c = std::cos(orientation_rad);
    const double s = std::sin(orientation_rad);
    std::vector<double> envelope(size, 0.0);
    std::vector<double> wave(size, 0.0);
    double envelope_sum = 0;
    double wave_sum = 0;
    for (int y = -radius_; y <= radius_; ++y) {
      for (int x = -radius_; x <= radius_; ++x) {
        const auto at = static_cast<std::size_t>((y + radius_) * stride_ + x + radius_);
        const double along = c * x - s * y;
        const double across = s * x + c * y;
        envelope[at] = std::exp(
            -0.5 * (along * along / (along_sigma * along_sigma) + across * across / (across_sigma * across_sigma)));
        wave[at] = std::cos(2 * std::numbers::pi * across / period);
        envelope_sum += envelope[at];
        wave_sum += envelope[at] * wave[at];
      }
    }
    // No answer to a constant, and an answer of 1 to the wave that the kernel is tuned to.
    const double mean = wave_sum / envelope_sum;
    double gain = 0;
    for (std::size_t i = 0; i < size; ++i) gain += envelope[i] * (wave[i] - mean) * wave[i];
    for (std::size_t i = 0; i < size; ++i)
      weights_[begin + i] = static_cast<float>(envelope[i] * (wave[i] - mean) / gain);
  }

  int radius_;
  int stride_;
  std::vector<float> weights_;
};

const KernelBank& half_bank() {
  static const KernelBank bank(0.5, 6);
  return bank;
}

const KernelBank& full_bank() {
  static const KernelBank bank(1.0, 9);
  return bank;
}

// Which kernel each pixel of a grid uses; `scale` as above.
std::vector<std::uint16_t> choose_kernels(const Pattern& pattern, int width, int height, double scale) {
  std::vector<std::uint16_t> chosen(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  std::size_t i = 0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const Point at{(x + 0.5) / scale - 0.5, (y + 0.5) / scale - 0.5};
      chosen[i++] =
          static_cast<std::uint16_t>(KernelBank::index_of(pattern.orientation_rad(at), pattern.period_px(at)));
    }
  }
  return chosen;
}

// The same on a grid of twice the resolution: neighbours share.
std::vector<std::uint16_t> double_kernels(const std::vector<std::uint16_t>& half, int width, int height) {
  std::vector<std::uint16_t> full(4 * half.size());
  for (int y = 0; y < 2 * height; ++y)
    for (int x = 0; x < 2 * width; ++x)
      full[static_cast<std::size_t>(y * 2 * width + x)] = half[static_cast<std::size_t>(y / 2 * width + x / 2)];
  return full;
}

float kernel_answer(const KernelBank& bank, const float* kernel, const float* corner, int row_stride) {
  std::array<float, kLanes> sums{};
  for (int y = 0; y < bank.side(); ++y) {
    for (int x = 0; x < bank.stride(); x += kLanes)
      for (int lane = 0; lane < kLanes; ++lane)
        sums[static_cast<std::size_t>(lane)] += kernel[x + lane] * corner[x + lane];
    kernel += bank.stride();
    corner += row_stride;
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// One step of growth: each pixel becomes its kernel's answer times `gain`, kept within -1..1.
Field grow_once(const Field& skin, const KernelBank& bank, const std::vector<std::uint16_t>& chosen, float gain) {
  const int margin = bank.radius();
  Field padded(skin.width + 2 * margin + kLanes, skin.height + 2 * margin);
  for (int y = 0; y < skin.height; ++y) std::copy_n(skin.row(y), skin.width, padded.row(y + margin) + margin);
  Field grown(skin.width, skin.height);
  std::size_t i = 0;
  for (int y = 0; y < skin.height; ++y) {
    float* out = grown.row(y);
    for (int x = 0; x < skin.width; ++x) {
      const float answer = kernel_answer(bank, bank.kernel(chosen[i++]), padded.row(y) + x, padded.width);
      out[x] = std::clamp(gain * answer, -1.0F, 1.0F);
    }
  }
  return grown;
}

Field scatter_spots(int width, int height, std::uint64_t seed) {
  Random random(derive_seed(seed, 2));
  Field spots(width, height);
  for (float& value : spots.values) value = static_cast<float>(random.uniform(-0.2, 0.2));
  return spots;
}

// Twice as wide and high, bilinear.
Field double_size(const Field& half) {
  Field full(2 * half.width, 2 * half.height);
  for (int y = 0; y < full.height; ++y) {
    const int near_y = y / 2;
    const int far_y = std::clamp(near_y + (y % 2 == 1 ? 1 : -1), 0, half.height - 1);
    for (int x = 0; x < full.width; ++x) {
      const int near_x = x / 2;
      const int far_x = std::clamp(near_x + (x % 2 == 1 ? 1 : -1), 0, half.width - 1);
      const float near_row = 0.75F * half.row(near_y)[near_x] + 0.25F * half.row(near_y)[far_x];
      const float far_row = 0.75F * half.row(far_y)[near_x] + 0.25F * half.row(far_y)[far_x];
      full.row(y)[x] = 0.75F * near_row + 0.25F * far_row;
    }
  }
  return full;
}

}  // namespace

Field grow_ridges(const Pattern& pattern, std::uint64_t seed) {
  static_assert(kFingerWidth_px % 2 == 0 && kFingerHeight_px % 2 == 0);
  constexpr int kWidth = kFingerWidth_px / 2;
  constexpr int kHeight = kFingerHeight_px / 2;
  constexpr int kHalfSteps = 8;
  constexpr float kGrowth = 1.6F;
  const auto chosen = choose_kernels(pattern, kWidth, kHeight, 0.5);
  Field skin = scatter_spots(kWidth, kHeight, seed);
  for (int step = 0; step < kHalfSteps; ++step) skin = grow_once(skin, half_bank(), chosen, kGrowth);
  skin = double_size(skin);
  const auto full_chosen = double_kernels(chosen, kWidth, kHeight);
  skin = grow_once(skin, full_bank(), full_chosen, 40.0F);
  return grow_once(skin, full_bank(), full_chosen, 1.3F);
}

}  // namespace qorgan::finger::synth
