#include "finger/synth/minutiae.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/limits.h"
#include "base/result.h"
#include "finger/synth/random.h"

namespace qorgan::finger::synth {
namespace {

constexpr double kPi = std::numbers::pi;
// Nearer ones would be one blur to any extractor.
constexpr double kSpacingMin_px = 7;
// Pairs of a beginning and an end that the flow does not call for, per pixel of skin: with those that it calls for, as
// many minutiae as grown ridges have.
constexpr double kFreeDensity = 3.9e-4;
// Beginnings per one that the smooth flow calls for: brings the share of neighbours that point the same way to that of
// real prints (docs/synthetic-prints.md).
constexpr double kNeededFactor = 1.6;
// The part of the canvas that any contact region can reach, as half axes about the middle of the pattern.
constexpr double kReachAcross_px = 178;
constexpr double kReachAlong_px = 240;

double wrapped(double angle_rad) {
  angle_rad = std::fmod(angle_rad, 2 * kPi);
  if (angle_rad < 0) angle_rad += 2 * kPi;
  return angle_rad < 2 * kPi ? angle_rad : 0;
}

// The cosine and sine of the ridge orientation, signed to go with (along_x, along_y); x right, y up.
struct Unit {
  double x, y;
};
Unit flow_at(const Pattern& pattern, Point at, Unit along) {
  const double angle = pattern.orientation_rad(at);
  const Unit flow{std::cos(angle), std::sin(angle)};
  return flow.x * along.x + flow.y * along.y < 0 ? Unit{-flow.x, -flow.y} : flow;
}

// Ridges that must begin per pixel of skin, going along the given orientation of that point; negative where they must
// end: the divergence of the flow over the period, which varies too slowly to matter.
double beginnings(const Pattern& pattern, Point at, double orientation_rad) {
  constexpr double kStep_px = 3;
  const Unit here{std::cos(orientation_rad), std::sin(orientation_rad)};
  const Unit right = flow_at(pattern, {at.x_px + kStep_px, at.y_px}, here);
  const Unit above = flow_at(pattern, {at.x_px, at.y_px - kStep_px}, here);
  return (right.x - here.x + above.y - here.y) / (kStep_px * pattern.period_px(at));
}

bool crowded(const std::vector<SkinMinutia>& points, Point at, double distance_px) {
  return std::any_of(points.begin(), points.end(), [&](const SkinMinutia& other) {
    const double x = other.at.x_px - at.x_px;
    const double y = other.at.y_px - at.y_px;
    return x * x + y * y < distance_px * distance_px;
  });
}

// What one impression does to minutiae, beyond moving them.
struct Observation {
  double missed = 0;       // chance of missing a minutia of middling clarity
  double false_share = 0;  // minutiae that are not there, per minutia that is
  double shift_px = 0;     // standard deviations
  double turn_rad = 0;
  double type_error = 0;
};

Observation draw_observation(double difficulty, Random& random) {
  // Impressions differ in how bad they are: most are good, a few very bad.
  const double badness = difficulty * (0.35 + 0.4 * std::abs(random.normal(0, 1)) + (random.chance(0.06) ? 1.2 : 0));
  Observation observation;
  observation.missed = std::min(0.8, 0.11 * badness);
  observation.false_share = std::min(0.8, 0.14 * badness);
  observation.shift_px = 0.5 * difficulty + 0.7 * badness;
  observation.turn_rad = 0.03 * difficulty + 0.06 * badness;
  observation.type_error = std::min(0.5, 0.2 * badness);
  return observation;
}

// The direction seen on the picture of a direction on the finger: placement and stretch turn it.
double seen_direction(const Capture& capture, Point on_finger, double direction_rad) {
  constexpr double kStep_px = 4;
  const double x = kStep_px * std::cos(direction_rad);
  const double y = -kStep_px * std::sin(direction_rad);
  const Point here = capture.distortion.displacement(on_finger);
  const Point there = capture.distortion.displacement({on_finger.x_px + x, on_finger.y_px + y});
  const double seen_x = x - (there.x_px - here.x_px);
  const double seen_y = y - (there.y_px - here.y_px);
  return std::atan2(-seen_y, seen_x) + capture.placement.turn_rad;
}

class Observer {
 public:
  Observer(const MinutiaeFinger& finger, const Capture& capture, const Observation& observation, Random& random)
      : finger_(finger), capture_(capture), observation_(observation), random_(random) {}

  Minutiae observe() {
    found_.width_px = capture_.width_px;
    found_.height_px = capture_.height_px;
    for (const SkinMinutia& minutia : finger_.points) {
      const double reach = capture_.contact.reach(minutia.at);
      if (reach > 0.99) continue;
      const double rim = std::max(0.0, reach - 0.75) * 2;
      if (random_.chance(observation_.missed * (1.6 - 1.2 * minutia.clarity) + rim * rim)) continue;
      add(minutia, 35 + 60 * minutia.clarity - 30 * rim);
    }
    const int false_count =
        static_cast<int>(std::lround(observation_.false_share * static_cast<double>(found_.points.size())));
    for (int i = 0; i < false_count; ++i) add(invent(), random_.uniform(20, 75));
    std::stable_sort(found_.points.begin(), found_.points.end(),
                     [](const Minutia& a, const Minutia& b) { return a.quality > b.quality; });
    if (found_.points.size() > limits::minutiae_max) found_.points.resize(limits::minutiae_max);
    found_.quality =
        static_cast<int>(std::clamp(100 - 150 * (observation_.missed + observation_.false_share) / 2, 0.0, 100.0));
    return std::move(found_);
  }

 private:
  void add(const SkinMinutia& minutia, double quality) {
    const Point at = capture_.to_picture(minutia.at);
    const double x = at.x_px + random_.normal(0, observation_.shift_px);
    const double y = at.y_px + random_.normal(0, observation_.shift_px);
    if (!(x >= 4 && y >= 4 && x < capture_.width_px - 4 && y < capture_.height_px - 4)) return;
    const double direction =
        seen_direction(capture_, minutia.at, minutia.direction_rad) + random_.normal(0, observation_.turn_rad);
    MinutiaType type = minutia.type;
    if (random_.chance(observation_.type_error))
      type = type == MinutiaType::ending ? MinutiaType::bifurcation : MinutiaType::ending;
    Minutia seen;
    seen.x_px = static_cast<float>(x);
    seen.y_px = static_cast<float>(y);
    seen.direction_rad = static_cast<float>(wrapped(direction));
    // Rounding to float may reach a full turn.
    if (seen.direction_rad >= static_cast<float>(2 * kPi)) seen.direction_rad = 0;
    seen.type = type;
    seen.quality = static_cast<int>(std::clamp(quality + random_.normal(0, 8), 1.0, 100.0));
    found_.points.push_back(seen);
  }

  SkinMinutia invent() {
    SkinMinutia minutia;
    const Ellipse& contact = capture_.contact;
    do {
      minutia.at = {contact.centre.x_px + contact.across_px * random_.uniform(-1, 1),
                    contact.centre.y_px + contact.along_px * random_.uniform(-1, 1)};
    } while (contact.reach(minutia.at) > 0.97);
    minutia.direction_rad = finger_.pattern.orientation_rad(minutia.at) + (random_.chance(0.5) ? kPi : 0);
    minutia.type = random_.chance(0.5) ? MinutiaType::ending : MinutiaType::bifurcation;
    return minutia;
  }

  const MinutiaeFinger& finger_;
  const Capture& capture_;
  const Observation& observation_;
  Random& random_;
  Minutiae found_;
};

}  // namespace

MinutiaeFinger make_minutiae(std::uint64_t seed, std::optional<PatternClass> pattern_class) {
  MinutiaeFinger finger;
  finger.seed = seed;
  finger.pattern = Pattern::make(seed, pattern_class);
  Random random(derive_seed(seed, 6));
  const Ellipse skin{
      {finger.pattern.centre().x_px, finger.pattern.centre().y_px + 30}, kReachAcross_px, kReachAlong_px};
  constexpr double kDensityMax = 2.5 * kFreeDensity;
  const int tries = static_cast<int>(kDensityMax * 4 * kReachAcross_px * kReachAlong_px * random.normal(1, 0.1));
  for (int i = 0; i < tries; ++i) {
    SkinMinutia minutia;
    minutia.at = {skin.centre.x_px + kReachAcross_px * random.uniform(-1, 1),
                  skin.centre.y_px + kReachAlong_px * random.uniform(-1, 1)};
    const double chance = random.uniform(0, kDensityMax);
    const double spacing_px = std::max(kSpacingMin_px, random.normal(11, 3));
    if (skin.reach(minutia.at) > 1 || crowded(finger.points, minutia.at, spacing_px)) continue;
    const double along = finger.pattern.orientation_rad(minutia.at);
    // The part of the density that the flow calls for decides the side; the rest is as often one as the other.
    bool opens_along = random.chance(0.5);
    if (chance > kFreeDensity) {
      const double needed = kNeededFactor * beginnings(finger.pattern, minutia.at, along);
      if (chance > kFreeDensity + std::abs(needed)) continue;
      opens_along = needed > 0;
    }
    minutia.direction_rad = wrapped(opens_along ? along : along + kPi);
    minutia.type = random.chance(0.52) ? MinutiaType::ending : MinutiaType::bifurcation;
    minutia.clarity = std::clamp(random.normal(0.6, 0.25), 0.0, 1.0);
    finger.points.push_back(minutia);
  }
  return finger;
}

Minutiae minutiae_impression(const MinutiaeFinger& finger, std::uint64_t impression_seed,
                             const ImpressionOptions& options) {
  const Capture capture = draw_capture(finger.pattern.centre(), impression_seed, options);
  Random random(derive_seed(impression_seed, 7));
  const Observation observation = draw_observation(options.difficulty, random);
  return Observer(finger, capture, observation, random).observe();
}

}  // namespace qorgan::finger::synth
