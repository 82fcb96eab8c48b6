#include "finger/wave.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "finger/field.h"
#include "finger/normalise.h"
#include "finger/wave_kernel.h"

namespace qorgan::finger {

namespace {

// A grid point that is to be filtered.
struct Task {
  int x = 0;
  int y = 0;
  int kernel = 0;
  bool reversed = false;  // the kernel's normal is the opposite of the point's
};

// The kernel for an angle and a period. Angles beyond half a turn of the bank are the same kernel reversed.
Task task_at(int x, int y, float angle, float period_px, const WaveBank& bank) {
  const int a = cvRound(angle * kWaveAngles / static_cast<float>(CV_PI));
  const int p =
      std::clamp(cvRound(std::log(period_px / bank.period_min_px) / std::log(bank.period_ratio)), 0, kWavePeriods - 1);
  const int within = (a % kWaveAngles + kWaveAngles) % kWaveAngles;
  return {x, y, p * kWaveAngles + within, (a - within) / kWaveAngles % 2 != 0};
}

// Notes normal and period of every point inside the mask, and says what to filter it with.
std::vector<Task> plan(const Orientation& orientation, const Frequency& frequency, const cv::Mat1b& mask,
                       const WaveBank& bank, WaveField& out) {
  std::vector<Task> tasks;
  for (int y = 0; y < out.value.rows; ++y) {
    for (int x = 0; x < out.value.cols; ++x) {
      const int x_px = x * out.step_px;
      const int y_px = y * out.step_px;
      if (mask(y_px / kBlockStep, x_px / kBlockStep) == 0) continue;
      const auto at_x = static_cast<float>(x_px);
      const auto at_y = static_cast<float>(y_px);
      const cv::Vec2f doubled = read_map(orientation.doubled, kMapStep, at_x, at_y);
      const float angle = 0.5F * std::atan2(doubled[1], doubled[0]);
      const float period = read_map(frequency.period_px, kBlockStep, at_x, at_y);
      out.normal(y, x) = cv::Vec2f(std::cos(angle), std::sin(angle));
      out.period_px(y, x) = period;
      tasks.push_back(task_at(x, y, angle, period, bank));
    }
  }
  return tasks;
}

// By kernel: points that share one are filtered together.
std::vector<Task> by_kernel(const std::vector<Task>& tasks) {
  std::array<std::size_t, kWavePeriods * kWaveAngles + 1> begin{};
  for (const Task& task : tasks) ++begin[static_cast<std::size_t>(task.kernel) + 1];
  for (std::size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
  std::vector<Task> sorted(tasks.size());
  for (const Task& task : tasks) sorted[begin[static_cast<std::size_t>(task.kernel)]++] = task;
  return sorted;
}

// `count` tasks of one kernel; the places that are left over repeat the first.
void filter_some(const Task* tasks, std::size_t count, const WaveKernel& kernel, ApplyWaveKernel apply,
                 const cv::Mat1f& padded, WaveField& out) {
  WavePlaces places;
  for (std::size_t i = 0; i < kWavePlaces; ++i) {
    const Task& task = tasks[i < count ? i : 0];
    places.corners[i] = padded[task.y * out.step_px] + task.x * out.step_px;
  }
  apply(kernel, static_cast<std::ptrdiff_t>(padded.step1()), places);
  for (std::size_t i = 0; i < count; ++i)
    out.value(tasks[i].y, tasks[i].x) = cv::Vec2f(places.even[i], tasks[i].reversed ? -places.odd[i] : places.odd[i]);
}

}  // namespace

WaveField filter_waves(const cv::Mat1f& grey, const Orientation& orientation, const Frequency& frequency,
                       const cv::Mat1b& mask, int step_px, const ExtractSettings& settings) {
  static const ApplyWaveKernel apply = wave_kernel_versions().back();
  const WaveBank& bank = shared_wave_bank(settings);
  const cv::Size size(grey.cols / step_px, grey.rows / step_px);
  WaveField out{step_px, cv::Mat2f(size, cv::Vec2f(0, 0)), cv::Mat2f(size, cv::Vec2f(0, 0)), cv::Mat1f(size, 0.0F)};
  const std::vector<Task> tasks = by_kernel(plan(orientation, frequency, mask, bank, out));
  cv::Mat1f padded;
  cv::copyMakeBorder(grey, padded, kWaveRadius, kWaveRadius, kWaveRadius, kWaveRow - kWaveRadius,
                     cv::BORDER_REFLECT_101);
  for (std::size_t i = 0; i < tasks.size();) {
    std::size_t end = i + 1;
    while (end < tasks.size() && end < i + kWavePlaces && tasks[end].kernel == tasks[i].kernel) ++end;
    filter_some(&tasks[i], end - i, bank.kernels[static_cast<std::size_t>(tasks[i].kernel)], apply, padded, out);
    i = end;
  }
  return out;
}

}  // namespace qorgan::finger
