#include "finger/synth/finger.h"

#include <algorithm>
#include <cmath>

#include "finger/synth/random.h"

namespace qorgan::finger::synth {
namespace {

constexpr int kPoreSpacing_px = 13;

// Sets `field` to at least 1 - (distance / radius)^2 around a point.
void stamp(Field& field, double x, double y, double radius_px) {
  const int x0 = std::max(0, static_cast<int>(std::ceil(x - radius_px)));
  const int x1 = std::min(field.width - 1, static_cast<int>(std::floor(x + radius_px)));
  const int y0 = std::max(0, static_cast<int>(std::ceil(y - radius_px)));
  const int y1 = std::min(field.height - 1, static_cast<int>(std::floor(y + radius_px)));
  for (int py = y0; py <= y1; ++py) {
    for (int px = x0; px <= x1; ++px) {
      const double squared = (px - x) * (px - x) + (py - y) * (py - y);
      const auto depth = static_cast<float>(1 - squared / (radius_px * radius_px));
      field.row(py)[px] = std::max(field.row(py)[px], depth);
    }
  }
}

// The highest point of the skin within 5 pixels.
Point nearest_ridge(const Field& skin, int x, int y) {
  Point best{static_cast<double>(x), static_cast<double>(y)};
  float height = -2;
  for (int py = std::max(0, y - 5); py <= std::min(skin.height - 1, y + 5); ++py) {
    for (int px = std::max(0, x - 5); px <= std::min(skin.width - 1, x + 5); ++px) {
      // Ridges are flat on top: the middle of the flat part has the highest surroundings.
      const float left = skin.row(py)[std::max(0, px - 2)];
      const float right = skin.row(py)[std::min(skin.width - 1, px + 2)];
      const float up = skin.row(std::max(0, py - 2))[px];
      const float down = skin.row(std::min(skin.height - 1, py + 2))[px];
      const float value = skin.row(py)[px] + 0.25F * (left + right + up + down);
      if (value > height) {
        height = value;
        best = {static_cast<double>(px), static_cast<double>(py)};
      }
    }
  }
  return best;
}

Field make_pores(const Field& skin, Random& random) {
  Field pores(skin.width, skin.height);
  for (int y = 0; y < skin.height; y += kPoreSpacing_px) {
    for (int x = 0; x < skin.width; x += kPoreSpacing_px) {
      const int px = std::min(x + random.below(kPoreSpacing_px), skin.width - 1);
      const int py = std::min(y + random.below(kPoreSpacing_px), skin.height - 1);
      const double radius_px = random.uniform(1.2, 2.1);
      const Point ridge = nearest_ridge(skin, px, py);
      stamp(pores, ridge.x_px, ridge.y_px, radius_px);
    }
  }
  return pores;
}

void draw_crease(Field& creases, Random& random) {
  double x = random.uniform(60, creases.width - 60);
  double y = random.uniform(90, creases.height - 60);
  double heading = random.normal(0, 0.5);
  const double length_px = random.uniform(25, 150);
  const double width_px = random.uniform(1.2, 2.4);
  for (double gone = 0; gone < length_px; gone += 1) {
    // Thin at both ends.
    const double taper = std::min(1.0, 0.25 + 4 * std::min(gone, length_px - gone) / length_px);
    stamp(creases, x, y, std::max(1.0, width_px * taper));
    heading += random.normal(0, 0.04);
    x += std::cos(heading);
    y += std::sin(heading);
  }
}

Field make_creases(Random& random) {
  Field creases(kFingerWidth_px, kFingerHeight_px);
  const int count = random.chance(0.45) ? 0 : 1 + random.below(5);
  for (int i = 0; i < count; ++i) draw_crease(creases, random);
  return creases;
}

}  // namespace

Finger make_finger(std::uint64_t seed, std::optional<PatternClass> pattern_class) {
  Finger finger;
  finger.seed = seed;
  finger.pattern = Pattern::make(seed, pattern_class);
  finger.skin = grow_ridges(finger.pattern, seed);
  Random random(derive_seed(seed, 3));
  finger.pores = make_pores(finger.skin, random);
  finger.creases = make_creases(random);
  return finger;
}

std::uint64_t person_seed(std::uint64_t population_seed, std::uint64_t person) {
  return derive_seed(derive_seed(population_seed, 0x706572736f6e), person);
}

std::uint64_t finger_seed(std::uint64_t person_seed, int position) {
  return derive_seed(derive_seed(person_seed, 0x66696e676572), static_cast<std::uint64_t>(position));
}

std::uint64_t impression_seed(std::uint64_t finger_seed, int impression) {
  return derive_seed(derive_seed(finger_seed, 0x7072696e74), static_cast<std::uint64_t>(impression));
}

}  // namespace qorgan::finger::synth
