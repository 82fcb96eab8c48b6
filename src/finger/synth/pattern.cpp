#include "finger/synth/pattern.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/result.h"
#include "finger/synth/random.h"

namespace qorgan::finger::synth {
namespace {

constexpr double kPi = std::numbers::pi;

double smooth_step(double low, double high, double x) {
  const double t = std::clamp((x - low) / (high - low), 0.0, 1.0);
  return t * t * (3 - 2 * t);
}

PatternClass draw_class(Random& random) {
  double left = random.uniform();
  for (const PatternClass pattern_class : kPatternClasses) {
    left -= natural_share(pattern_class);
    if (left < 0) return pattern_class;
  }
  return PatternClass::whorl;
}

double half_angle(Point at, Point pole) {
  return 0.5 * std::atan2(pole.y_px - at.y_px, at.x_px - pole.x_px);
}

}  // namespace

std::string_view pattern_class_name(PatternClass pattern_class) {
  switch (pattern_class) {
    case PatternClass::arch:
      return "arch";
    case PatternClass::tented_arch:
      return "tented arch";
    case PatternClass::left_loop:
      return "left loop";
    case PatternClass::right_loop:
      return "right loop";
    case PatternClass::whorl:
      return "whorl";
  }
  return "arch";
}

double natural_share(PatternClass pattern_class) {
  switch (pattern_class) {
    case PatternClass::arch:
      return 0.037;
    case PatternClass::tented_arch:
      return 0.029;
    case PatternClass::left_loop:
      return 0.338;
    case PatternClass::right_loop:
      return 0.317;
    case PatternClass::whorl:
      return 0.279;
  }
  return 0;
}

Pattern Pattern::make(std::uint64_t seed, std::optional<PatternClass> pattern_class) {
  Random random(derive_seed(seed, 1));
  Pattern pattern;
  const PatternClass drawn = draw_class(random);
  pattern.class_ = pattern_class.value_or(drawn);
  pattern.centre_ = {kFingerWidth_px / 2.0 + random.normal(0, 9), 222 + random.normal(0, 12)};
  pattern.offset_rad_ = random.normal(0, 0.05);
  pattern.dome_strength_ = random.uniform(0.5, 0.95);
  pattern.dome_radius_px_ = random.uniform(65, 140);
  switch (pattern.class_) {
    case PatternClass::arch:
      pattern.bump_height_px_ = random.uniform(30, 70);
      pattern.bump_width_px_ = random.uniform(45, 65);
      pattern.dome_strength_ = random.uniform(0.95, 1.15);
      break;
    case PatternClass::tented_arch:
      pattern.place_loop(random, random.normal(0, 0.04));
      break;
    case PatternClass::left_loop:
      pattern.place_loop(random, 1);
      break;
    case PatternClass::right_loop:
      pattern.place_loop(random, -1);
      break;
    case PatternClass::whorl:
      pattern.place_whorl(random);
      break;
  }
  for (int i = 0; i < 4; ++i) {
    const double direction = random.uniform(0, 2 * kPi);
    const double per_px = 2 * kPi / random.uniform(140, 320);
    pattern.turn_waves_.push_back({per_px * std::cos(direction), per_px * std::sin(direction),
                                   random.uniform(0, 2 * kPi), random.uniform(0.01, 0.075)});
  }
  pattern.period_px_ = std::clamp(random.normal(9.0, 0.55), 7.6, 10.6);
  for (int i = 0; i < 4; ++i) {
    const double direction = random.uniform(0, 2 * kPi);
    const double per_px = 2 * kPi / random.uniform(90, 260);
    pattern.period_waves_.push_back({per_px * std::cos(direction), per_px * std::sin(direction),
                                     random.uniform(0, 2 * kPi), random.uniform(0.01, 0.05)});
  }
  return pattern;
}

void Pattern::place_loop(Random& random, double side) {
  const double reach = random.uniform(55, 105);
  const double drop = class_ == PatternClass::tented_arch ? random.uniform(55, 90) : random.uniform(80, 135);
  slimness_ = random.uniform(0.45, 0.7);
  cores_ = {centre_};
  deltas_ = {{centre_.x_px + side * reach, centre_.y_px + drop}};
  // Where the ridges run straight away from the core.
  opening_rad_ = -std::atan2(drop, -side * reach);
}

void Pattern::place_whorl(Random& random) {
  const double apart = random.uniform(14, 60);
  // A whorl leans either way; one that leans far is a double loop.
  const double lean = random.normal(0, random.chance(0.25) ? 0.8 : 0.25);
  cores_ = {centre_, {centre_.x_px + apart * std::sin(lean), centre_.y_px + apart * std::cos(lean)}};
  deltas_ = {{centre_.x_px - random.uniform(70, 115), centre_.y_px + random.uniform(75, 140)},
             {centre_.x_px + random.uniform(70, 115), centre_.y_px + random.uniform(75, 140)}};
}

double Pattern::dome_rad(Point at) const {
  const double right = at.x_px - centre_.x_px;
  const double up = centre_.y_px - at.y_px;
  const double fade = smooth_step(-150, 10, up);
  return -dome_strength_ * fade * std::atan2(right, std::max(up, -20.0) + dome_radius_px_);
}

double Pattern::bump_rad(Point at) const {
  if (bump_height_px_ == 0) return 0;
  const double right = at.x_px - centre_.x_px;
  const double below = at.y_px - centre_.y_px - 25;
  const double height = bump_height_px_ * std::exp(-below * below / (2 * 60.0 * 60.0));
  const double width2 = bump_width_px_ * bump_width_px_;
  return -std::atan(height * right / width2 * std::exp(-right * right / (2 * width2)));
}

double Pattern::loop_rad(Point at) const {
  if (cores_.size() != 1) return 0;
  const double right = at.x_px - cores_[0].x_px;
  const double up = cores_[0].y_px - at.y_px;
  const double distance = std::sqrt(right * right + up * up);
  if (distance < 1e-6) return 0;
  // The sine of the angle between the direction from the core and the direction in which the loop opens.
  const double sine = (std::cos(opening_rad_) * up - std::sin(opening_rad_) * right) / distance;
  return -0.5 * slimness_ * sine * std::exp(-distance / 130);
}

double Pattern::orientation_rad(Point at) const {
  double angle = offset_rad_ + dome_rad(at) + bump_rad(at);
  for (const Point& core : cores_) angle += half_angle(at, core);
  angle += loop_rad(at);
  for (const Point& delta : deltas_) angle -= half_angle(at, delta);
  for (const Wave& wave : turn_waves_)
    angle += wave.amplitude * std::sin(wave.x_per_px * at.x_px + wave.y_per_px * at.y_px + wave.phase_rad);
  angle = std::fmod(angle, kPi);
  if (angle < 0) angle += kPi;
  return angle < kPi ? angle : 0;
}

double Pattern::period_px(Point at) const {
  double factor = 1;
  for (const Wave& wave : period_waves_)
    factor += wave.amplitude * std::sin(wave.x_per_px * at.x_px + wave.y_per_px * at.y_px + wave.phase_rad);
  // Ridges lie further apart towards the tip and below the deltas (Cappelli 2009).
  const double down = at.y_px - centre_.y_px;
  factor += 0.08 * smooth_step(40, 160, -down) + 0.12 * smooth_step(90, 190, down);
  return std::clamp(period_px_ * factor, 6.5, 12.0);
}

}  // namespace qorgan::finger::synth
