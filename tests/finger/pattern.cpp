#include "tests/finger/pattern.h"

#include <cmath>
#include <numbers>

#include "base/limits.h"

namespace qorgan::test {

namespace {

constexpr double kPi = std::numbers::pi;

// cos of the wave at a point of the pattern before turning: 1 on a ridge, -1 in a valley.
double wave(const Pattern& pattern, double x, double y) {
  double phase = 2 * kPi * x / pattern.period_px + pattern.phase_rad;
  for (const Dislocation& d : pattern.dislocations) phase += d.sign * std::atan2(y - d.y_px, x - d.x_px);
  return std::cos(phase);
}

}  // namespace

Pattern standard_pattern() {
  Pattern pattern;
  pattern.dislocations = {{160, 100, 1},  {110, 130, -1}, {210, 135, -1}, {160, 160, 1}, {100, 190, 1},
                          {220, 195, -1}, {160, 220, -1}, {110, 245, 1},  {215, 250, 1}, {160, 275, -1}};
  return pattern;
}

finger::Image draw(const Pattern& pattern, int dpi) {
  const double scale = static_cast<double>(dpi) / limits::image_dpi_default;
  finger::Image image;
  image.dpi = dpi;
  image.width_px = image.height_px = static_cast<int>(std::lround(pattern.side_px * scale));
  const double middle = pattern.side_px / 2.0;
  const double c = std::cos(pattern.turn_rad);
  const double s = std::sin(pattern.turn_rad);
  for (int y = 0; y < image.height_px; ++y) {
    for (int x = 0; x < image.width_px; ++x) {
      const double dx = (x + 0.5) / scale - 0.5 - middle;
      const double dy = (y + 0.5) / scale - 0.5 - middle;
      const double value = wave(pattern, c * dx - s * dy + middle, s * dx + c * dy + middle);
      image.pixels.push_back(static_cast<std::uint8_t>(std::lround(128 - 100 * value)));
    }
  }
  return image;
}

std::vector<Expected> expected_minutiae(const Pattern& pattern) {
  std::vector<Expected> expected;
  const double middle = pattern.side_px / 2.0;
  const double c = std::cos(pattern.turn_rad);
  const double s = std::sin(pattern.turn_rad);
  for (const Dislocation& d : pattern.dislocations) {
    const double dx = d.x_px - middle;
    const double dy = d.y_px - middle;
    expected.push_back({c * dx + s * dy + middle, -s * dx + c * dy + middle, d.sign * kPi / 2 + pattern.turn_rad});
  }
  return expected;
}

}  // namespace qorgan::test
