// How fast a picture becomes minutiae, and they a template.
#include <benchmark/benchmark.h>

#include <numbers>
#include <random>

#include "finger/extract.h"
#include "finger/make_template.h"
#include "finger/synth/impression.h"

namespace qorgan::finger {
namespace {

Minutiae strewn_minutiae(int count) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> across(20, 280);
  std::uniform_real_distribution<float> down(20, 380);
  std::uniform_real_distribution<float> direction(0, 2 * std::numbers::pi_v<float>);
  Minutiae minutiae{.width_px = 300, .height_px = 400, .quality = 50, .points = {}};
  for (int i = 0; i < count; ++i)
    minutiae.points.push_back(
        {.x_px = across(random), .y_px = down(random), .direction_rad = direction(random), .quality = 50});
  return minutiae;
}

void cylinders_of_a_finger(benchmark::State& state) {
  const Minutiae minutiae = strewn_minutiae(static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(make_cylinders(minutiae.points));
}

void template_of_a_finger(benchmark::State& state) {
  const Minutiae minutiae = strewn_minutiae(static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(make_template(minutiae));
}

// An artificial print of 320 x 400 pixels at 500 dpi; real ones are timed by `qorgan lab quality`.
void minutiae_of_a_picture(benchmark::State& state) {
  const Image image = synth::impression(synth::make_finger(1), 1);
  for (auto _ : state) benchmark::DoNotOptimize(extract(image));
}

BENCHMARK(minutiae_of_a_picture)->Unit(benchmark::kMillisecond);
BENCHMARK(cylinders_of_a_finger)->Arg(30)->Arg(60);
BENCHMARK(template_of_a_finger)->Arg(30)->Arg(60);

}  // namespace
}  // namespace qorgan::finger
