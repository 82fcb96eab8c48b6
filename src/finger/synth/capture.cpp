#include "finger/synth/capture.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/limits.h"
#include "base/result.h"
#include "finger/synth/random.h"

namespace qorgan::finger::synth {
namespace {

constexpr double kPi = std::numbers::pi;
// Scales the deviations below so that a difficulty of 1 gives the error rates of docs/synthetic-prints.md.
constexpr double kFairReader = 1.3;

// About `pivot`, counter-clockwise as seen (y points down).
Point turned(Point at, Point pivot, double turn_rad) {
  const double c = std::cos(turn_rad);
  const double s = std::sin(turn_rad);
  const double x = at.x_px - pivot.x_px;
  const double y = at.y_px - pivot.y_px;
  return {pivot.x_px + c * x + s * y, pivot.y_px - s * x + c * y};
}

Ellipse draw_contact(Point centre, double difficulty, double pressure, Random& random) {
  Ellipse contact;
  contact.across_px = std::clamp(random.normal(131 + 9 * pressure, 7), 100.0, 160.0);
  contact.along_px = std::clamp(random.normal(178 + 12 * pressure, 9), 140.0, 220.0);
  contact.centre = {centre.x_px + difficulty * random.normal(0, 17),
                    centre.y_px + 30 + difficulty * random.normal(0, 21)};
  return contact;
}

// A finger that only half touches: one side, the tip, or the lower part.
void make_partial(Ellipse& contact, Random& random) {
  const double direction = random.uniform(0, 2 * kPi);
  contact.centre.x_px += 55 * std::cos(direction);
  contact.centre.y_px += 75 * std::sin(direction);
  contact.across_px *= random.uniform(0.62, 0.85);
  contact.along_px *= random.uniform(0.62, 0.85);
}

void keep_on_canvas(Ellipse& contact) {
  const auto within = [](double centre, double half_axis, double size) {
    return half_axis < size / 2 ? std::clamp(centre, half_axis, size - half_axis) : size / 2;
  };
  contact.centre.x_px = within(contact.centre.x_px, contact.across_px, kFingerWidth_px);
  contact.centre.y_px = within(contact.centre.y_px, contact.along_px, kFingerHeight_px);
}

Distortion draw_distortion(const Ellipse& contact, double difficulty, Random& random) {
  Distortion distortion;
  distortion.still.centre = {contact.centre.x_px + random.normal(0, 15), contact.centre.y_px + random.normal(0, 20)};
  distortion.still.across_px = random.uniform(35, 60);
  distortion.still.along_px = random.uniform(45, 80);
  distortion.plasticity = random.uniform(1.6, 2.6);
  distortion.turn_rad = std::clamp(difficulty * random.normal(0, 0.06), -0.16, 0.16);
  distortion.shift = {std::clamp(difficulty * random.normal(0, 6), -15.0, 15.0),
                      std::clamp(difficulty * random.normal(0, 7.5), -18.0, 18.0)};
  return distortion;
}

Condition draw_condition(double pressure, double difficulty, Random& random) {
  Condition condition;
  condition.pressure = std::clamp(difficulty * pressure, -1.0, 1.0);
  condition.unevenness = std::min(1.0, difficulty * random.uniform(0.2, 0.75));
  const double moisture = random.normal(0, 0.42);
  condition.dryness = std::clamp(difficulty * (0.3 - moisture), 0.0, 1.0);
  condition.wetness = std::clamp(difficulty * (moisture - 0.1), 0.0, 0.8);
  condition.pores = std::min(1.0, difficulty * random.uniform(0.1, 0.9));
  condition.creases = std::min(1.0, difficulty * random.uniform(0.55, 1.0));
  condition.contrast = std::clamp(1 - 0.12 * difficulty - difficulty * random.uniform(0, 0.25), 0.4, 1.0);
  condition.grain = difficulty * random.uniform(1, 6);
  condition.scratches = static_cast<int>(difficulty * random.uniform(0, 2.2));
  condition.specks = static_cast<int>(difficulty * random.uniform(0, 14));
  return condition;
}

}  // namespace

double Ellipse::reach(Point at) const {
  const double x = (at.x_px - centre.x_px) / across_px;
  const double y = (at.y_px - centre.y_px) / along_px;
  return std::sqrt(x * x + y * y);
}

Point Distortion::displacement(Point at) const {
  const double outside = still.reach(at) - 1;
  if (outside <= 0) return {};
  const double brake = outside < plasticity ? 0.5 * (1 - std::cos(kPi * outside / plasticity)) : 1;
  const Point moved = turned(at, still.centre, turn_rad);
  return {brake * (moved.x_px - at.x_px + shift.x_px), brake * (moved.y_px - at.y_px + shift.y_px)};
}

Point Placement::to_picture(Point finger) const {
  const Point seen = turned(finger, pivot, turn_rad);
  return {seen.x_px - pivot.x_px + rest.x_px, seen.y_px - pivot.y_px + rest.y_px};
}

Point Placement::to_finger(Point picture) const {
  return turned({picture.x_px - rest.x_px + pivot.x_px, picture.y_px - rest.y_px + pivot.y_px}, pivot, -turn_rad);
}

Point Capture::to_finger(Point picture) const {
  const Point at = placement.to_finger(picture);
  const Point moved = distortion.displacement(at);
  return {at.x_px + moved.x_px, at.y_px + moved.y_px};
}

Point Capture::to_picture(Point finger) const {
  constexpr int kIterations = 40;
  Point at = finger;
  for (int step = 0; step < kIterations; ++step) {
    const Point moved = distortion.displacement(at);
    const Point next{finger.x_px - moved.x_px, finger.y_px - moved.y_px};
    const double change = std::abs(next.x_px - at.x_px) + std::abs(next.y_px - at.y_px);
    at = next;
    if (change < 0.02) break;
  }
  return placement.to_picture(at);
}

Capture draw_capture(Point centre, std::uint64_t impression_seed, const ImpressionOptions& options) {
  QORGAN_ASSERT(options.width_px >= limits::image_side_px_min && options.width_px <= limits::image_side_px_max);
  QORGAN_ASSERT(options.height_px >= limits::image_side_px_min && options.height_px <= limits::image_side_px_max);
  QORGAN_ASSERT(options.difficulty >= 0 && options.difficulty <= 3);
  Random random(derive_seed(impression_seed, 4));
  const double difficulty = kFairReader * options.difficulty;
  Capture capture;
  capture.width_px = options.width_px;
  capture.height_px = options.height_px;
  const double pressure = random.normal(0, 0.3);
  capture.contact = draw_contact(centre, difficulty, pressure, random);
  if (random.chance(std::min(0.5, 0.05 * difficulty))) make_partial(capture.contact, random);
  keep_on_canvas(capture.contact);
  capture.distortion = draw_distortion(capture.contact, difficulty, random);
  capture.placement.pivot = {centre.x_px, centre.y_px + 30};
  capture.placement.rest = {options.width_px / 2.0 + difficulty * random.normal(0, 17),
                            options.height_px / 2.0 + difficulty * random.normal(0, 20)};
  capture.placement.turn_rad = std::clamp(difficulty * random.normal(0, 0.19), -0.9, 0.9);
  // Now and then a finger is far too dry or too wet, or hardly pressed.
  const double badness = random.chance(0.08) ? 1.7 : 1;
  capture.condition = draw_condition(pressure, difficulty * badness, random);
  capture.noise_seed = random.next();
  return capture;
}

}  // namespace qorgan::finger::synth
