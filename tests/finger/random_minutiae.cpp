#include "tests/finger/random_minutiae.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace qorgan::test {
namespace {

constexpr double kTurn = 2 * std::numbers::pi;

float direction(double radians) {
  return static_cast<float>(radians - kTurn * std::floor(radians / kTurn));
}

}  // namespace

finger::Minutiae random_minutiae(Random& random, int count) {
  finger::Minutiae made{.width_px = 300, .height_px = 400, .quality = 70, .points = {}};
  for (int i = 0; i < count; ++i) {
    finger::Minutia point;
    point.x_px = uniform(random, 20, 280);
    point.y_px = uniform(random, 20, 380);
    point.direction_rad = direction(uniform(random, 0, kTurn));
    point.type = random() % 2 == 0 ? finger::MinutiaType::ending : finger::MinutiaType::bifurcation;
    point.quality = static_cast<int>(random() % 101);
    made.points.push_back(point);
  }
  std::stable_sort(made.points.begin(), made.points.end(),
                   [](const finger::Minutia& a, const finger::Minutia& b) { return a.quality > b.quality; });
  return made;
}

finger::Minutiae moved(const finger::Minutiae& minutiae, const Movement& movement, Random& random, double noise_px) {
  finger::Minutiae result = minutiae;
  const double c = std::cos(movement.turn_rad);
  const double s = std::sin(movement.turn_rad);
  for (finger::Minutia& point : result.points) {
    const double x = static_cast<double>(point.x_px) - 150;
    const double y = static_cast<double>(point.y_px) - 200;
    // y goes down, so that counter-clockwise on the picture reads so.
    point.x_px = static_cast<float>(150 + c * x + s * y + movement.right_px) + uniform(random, -noise_px, noise_px);
    point.y_px = static_cast<float>(200 - s * x + c * y + movement.down_px) + uniform(random, -noise_px, noise_px);
    const double shake = static_cast<double>(uniform(random, -noise_px, noise_px)) / 20;
    point.direction_rad = direction(static_cast<double>(point.direction_rad) + movement.turn_rad + shake);
  }
  return result;
}

}  // namespace qorgan::test
