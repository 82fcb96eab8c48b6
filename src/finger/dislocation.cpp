#include "finger/dislocation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>

namespace qorgan::finger {

namespace {

using Complex = std::complex<float>;

struct Corner {
  Complex value;
  cv::Point2f at;  // grid cells from the first corner
};

const std::array<cv::Point, 4> kRing = {cv::Point(0, 0), cv::Point(1, 0), cv::Point(1, 1), cv::Point(0, 1)};

// The wave at grid point p, with the phase growing along `normal`.
Complex oriented(const WaveField& wave, cv::Point p, const cv::Vec2f& normal) {
  const cv::Vec2f value = wave.value(p);
  const float sign = wave.normal(p).dot(normal) < 0 ? -1.0F : 1.0F;
  return {value[0], sign * value[1]};
}

// By how much the phase grows around the square: a multiple of a whole turn, in radians.
float turn_around(const std::array<Complex, 4>& ring) {
  std::array<Complex, 4> steps;
  int forward = 0;
  int back = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    steps[i] = ring[(i + 1) % 4] * std::conj(ring[i]);
    forward += steps[i].imag() >= 0 ? 1 : 0;
    back += steps[i].imag() <= 0 ? 1 : 0;
  }
  // A side brings less than half a turn, so that two sides never make a whole one.
  if (forward < 3 && back < 3) return 0;
  float turn = 0;
  for (const Complex& step : steps) turn += std::arg(step);
  return turn;
}

// Where the wave is zero within the square, with the carrier taken off so that what is left is nearly linear.
cv::Point2f zero_within(const std::array<Complex, 4>& ring, const cv::Vec2f& normal, float period, float step) {
  std::array<Complex, 4> flat;
  for (std::size_t i = 0; i < 4; ++i) {
    const float across =
        (static_cast<float>(kRing[i].x) * normal[0] + static_cast<float>(kRing[i].y) * normal[1]) * step;
    flat[i] = ring[i] * std::polar(1.0F, -2 * static_cast<float>(CV_PI) * across / period);
  }
  const Complex middle = (flat[0] + flat[1] + flat[2] + flat[3]) / 4.0F;
  const Complex dx = (flat[1] + flat[2] - flat[0] - flat[3]) / 2.0F;
  const Complex dy = (flat[2] + flat[3] - flat[0] - flat[1]) / 2.0F;
  const float det = dx.real() * dy.imag() - dx.imag() * dy.real();
  if (std::abs(det) < 1e-12F) return {0.5F, 0.5F};
  const float u = (-middle.real() * dy.imag() + middle.imag() * dy.real()) / det;
  const float v = (-dx.real() * middle.imag() + dx.imag() * middle.real()) / det;
  return {std::clamp(0.5F + u, 0.0F, 1.0F), std::clamp(0.5F + v, 0.0F, 1.0F)};
}

float real_at(const WaveField& wave, cv::Point2f at_px) {
  const int x = std::clamp(cvRound(at_px.x / static_cast<float>(wave.step_px)), 0, wave.value.cols - 1);
  const int y = std::clamp(cvRound(at_px.y / static_cast<float>(wave.step_px)), 0, wave.value.rows - 1);
  return wave.value(y, x)[0];
}

// A ridge that ends has ridge on the side with one more and valley ahead of it; a bifurcation the reverse.
MinutiaType type_of(const WaveField& wave, cv::Point2f at_px, cv::Point2f towards, float period) {
  float difference = 0;
  for (const float share : {0.5F, 0.75F, 1.0F}) {
    const cv::Point2f step = towards * (share * period);
    difference += real_at(wave, at_px + step) - real_at(wave, at_px - step);
  }
  return difference > 0 ? MinutiaType::ending : MinutiaType::bifurcation;
}

}  // namespace

std::vector<Dislocation> find_dislocations(const WaveField& wave) {
  std::vector<Dislocation> found;
  const auto step = static_cast<float>(wave.step_px);
  for (int y = 0; y + 1 < wave.value.rows; ++y) {
    for (int x = 0; x + 1 < wave.value.cols; ++x) {
      const cv::Vec2f normal = wave.normal(y, x);
      std::array<Complex, 4> ring;
      bool inside = true;
      for (std::size_t i = 0; i < 4; ++i) {
        const cv::Point p(x + kRing[i].x, y + kRing[i].y);
        inside = inside && wave.period_px(p) > 0;
        if (inside) ring[i] = oriented(wave, p, normal);
      }
      if (!inside) continue;
      const float turn = turn_around(ring);
      if (std::abs(turn) < 1.0F) continue;
      Dislocation d;
      const float period = wave.period_px(y, x);
      const cv::Point2f within = zero_within(ring, normal, period, step);
      d.at_px = cv::Point2f(static_cast<float>(x) + within.x, static_cast<float>(y) + within.y) * step;
      // The ring runs clockwise on the picture, from the x axis to the y axis: a full positive turn means that the way
      // back, on the side of (-normal.y, normal.x), crosses one period less.
      const float sign = turn > 0 ? -1.0F : 1.0F;
      d.towards = cv::Point2f(-normal[1], normal[0]) * sign;
      d.period_px = period;
      d.type = type_of(wave, d.at_px, d.towards, period);
      found.push_back(d);
    }
  }
  return found;
}

std::vector<bool> find_blemishes(const std::vector<Dislocation>& found, const ExtractSettings& settings) {
  struct Pair {
    float cost;
    std::size_t a;
    std::size_t b;
  };
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (std::size_t j = i + 1; j < found.size(); ++j) {
      const cv::Point2f gap = found[j].at_px - found[i].at_px;
      if (found[i].towards.dot(found[j].towards) > -0.3F) continue;
      const cv::Point2f mean = found[i].towards - found[j].towards;
      const float length = std::hypot(mean.x, mean.y);
      const float along = std::abs(gap.x * mean.x + gap.y * mean.y) / length / settings.pair_along;
      const float across = std::abs(gap.x * mean.y - gap.y * mean.x) / length / settings.pair_across;
      const float cost = along * along + across * across;
      if (cost < 1) pairs.push_back({cost, i, j});
    }
  }
  std::sort(pairs.begin(), pairs.end(), [](const Pair& p, const Pair& q) {
    return p.cost != q.cost ? p.cost < q.cost : (p.a != q.a ? p.a < q.a : p.b < q.b);
  });
  std::vector<bool> removed(found.size(), false);
  for (const Pair& p : pairs) {
    if (removed[p.a] || removed[p.b]) continue;
    removed[p.a] = removed[p.b] = true;
  }
  return removed;
}

}  // namespace qorgan::finger
