#include "finger/cylinder.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/limits.h"
#include "base/result.h"

namespace qorgan::finger {
namespace {

// Positions are whole quarter pixels, in which the centres of the places are whole numbers too; y goes up here.
constexpr int kUnitsPerPx = 4;
constexpr int kRadius = 70 * kUnitsPerPx;
constexpr int kHullMargin = 50 * kUnitsPerPx;
// Three standard deviations of 28/3 pixels, beyond which the paper lets a neighbour contribute nothing.
constexpr int kReach = 28 * kUnitsPerPx;
constexpr double kSigma = kReach / 3.0;
constexpr int kNeighboursMin = 2;
constexpr int kValidPlacesMin = 39;

// Directions are whole steps; a slice is 256 of them, and the direction byte of ISO/IEC 19794-2 is 6.
constexpr int kTurn = 1536;
constexpr int kSliceSteps = kTurn / kCylinderSlices;
constexpr double kSigmaDirectionSteps = kTurn / 9.0;

constexpr int kTrigBits = 15;
constexpr int kWeightBits = 12;
constexpr int kSigmoidStepBits = 6;
// The paper's sigmoid, but with steepness 200 and its middle at 0.002 in place of 400 and 0.01: cells that tell one
// neighbour from two, and a near one from a far one, gave a fifth fewer errors than cells that are nearly all 0 or 1.
constexpr double kSteepness = 200;
constexpr double kMiddle = kSteepness * 0.002;
constexpr int kSigmoidEntries = 8 << kSigmoidStepBits;
// What a neighbour counts, in hundredths: one of average quality for its print 100, a doubtful one less. Another sixth
// fewer errors; that it is relative to the print makes other makers' scales of quality do as well.
constexpr int kWorthFloor = 40;
constexpr int kWorthOfAverage = 60;
constexpr int kWorthMax = 150;
constexpr int kWorthUnit = 100;

struct Point {
  int x = 0;
  int y = 0;
  bool operator==(const Point&) const = default;
};

struct Oriented {
  Point at;
  int direction = 0;  // 0..kTurn-1
  int worth = kWorthUnit;
};

// Each entry is rounded to a whole number, so that the last bit of the C library's functions does not show.
struct Tables {
  std::array<int, kTurn> cosine{};
  std::array<int, kTurn> in_slice{};              // share of a neighbour in a slice so many steps away
  std::array<int, kReach * kReach + 1> nearby{};  // by squared distance
  std::array<std::uint8_t, kSigmoidEntries> sigmoid{};
  std::array<Point, kCylinderPlaces> places{};

  Tables() {
    fill_directions();
    fill_distances();
    fill_places();
  }

 private:
  void fill_directions() {
    for (int i = 0; i < kTurn; ++i) {
      const double angle = 2 * std::numbers::pi * i / kTurn;
      cosine[static_cast<std::size_t>(i)] = static_cast<int>(std::lround(std::cos(angle) * (1 << kTrigBits)));
      const double steps = i <= kTurn / 2 ? i : i - kTurn;
      const double share = normal(steps + kSliceSteps / 2) - normal(steps - kSliceSteps / 2);
      in_slice[static_cast<std::size_t>(i)] = static_cast<int>(std::lround(share * (1 << kWeightBits)));
    }
  }
  void fill_distances() {
    const double sigma_px = kSigma / kUnitsPerPx;
    const double peak = kSteepness / (sigma_px * std::sqrt(2 * std::numbers::pi)) * (1 << kWeightBits);
    for (std::size_t i = 0; i < nearby.size(); ++i) {
      const double squared = static_cast<double>(i);
      nearby[i] = static_cast<int>(std::lround(peak * std::exp(-squared / (2 * kSigma * kSigma))));
    }
    for (std::size_t i = 0; i < sigmoid.size(); ++i) {
      const double x = static_cast<double>(i) / (1 << kSigmoidStepBits) - kMiddle;
      sigmoid[i] = static_cast<std::uint8_t>(std::lround(255 / (1 + std::exp(-x))));
    }
  }
  void fill_places() {
    constexpr int kAcross = 8;
    std::size_t count = 0;
    for (int i = 0; i < kAcross; ++i) {
      for (int j = 0; j < kAcross; ++j) {
        const Point centre{(2 * i + 1 - kAcross) * kRadius / kAcross, (2 * j + 1 - kAcross) * kRadius / kAcross};
        if (centre.x * centre.x + centre.y * centre.y > kRadius * kRadius) continue;
        QORGAN_ASSERT(count < places.size());
        places[count++] = centre;
      }
    }
    QORGAN_ASSERT(count == places.size());
  }
  static double normal(double steps) { return 0.5 * std::erf(steps / kSigmaDirectionSteps / std::numbers::sqrt2); }
};

const Tables& tables() {
  static const Tables instance;
  return instance;
}

int wrap(int steps) {
  return ((steps % kTurn) + kTurn) % kTurn;
}

// The vector turned counter-clockwise by a direction.
Point turned(Point v, int direction) {
  const auto& cosine = tables().cosine;
  const int c = cosine[static_cast<std::size_t>(direction)];
  const int s = cosine[static_cast<std::size_t>(wrap(direction - kTurn / 4))];
  constexpr int kHalf = 1 << (kTrigBits - 1);
  return {(c * v.x - s * v.y + kHalf) >> kTrigBits, (s * v.x + c * v.y + kHalf) >> kTrigBits};
}

std::int64_t squared_length(Point v) {
  return std::int64_t{v.x} * v.x + std::int64_t{v.y} * v.y;
}

Oriented quantised(const Minutia& minutia) {
  constexpr float kFarPx = 2 * limits::image_side_px_max;
  QORGAN_ASSERT(std::abs(minutia.x_px) <= kFarPx && std::abs(minutia.y_px) <= kFarPx);
  QORGAN_ASSERT(std::abs(minutia.direction_rad) <= 4 * std::numbers::pi_v<float>);
  QORGAN_ASSERT(minutia.quality >= 0 && minutia.quality <= 100);
  const double steps = static_cast<double>(minutia.direction_rad) * (kTurn / (2 * std::numbers::pi));
  return {{static_cast<int>(std::lround(minutia.x_px * kUnitsPerPx)),
           static_cast<int>(std::lround(-minutia.y_px * kUnitsPerPx))},
          wrap(static_cast<int>(std::lround(steps))),
          kWorthUnit};
}

// Records that report no quality at all (zero throughout) leave every neighbour its unit.
void weigh_by_quality(std::span<const Minutia> minutiae, std::span<Oriented> oriented) {
  int sum = 0;
  for (const Minutia& minutia : minutiae) sum += minutia.quality;
  if (sum <= 0) return;
  const int count = static_cast<int>(minutiae.size());
  for (std::size_t i = 0; i < oriented.size(); ++i)
    oriented[i].worth = std::min(kWorthMax, kWorthFloor + kWorthOfAverage * minutiae[i].quality * count / sum);
}

// Twice the area of the triangle: positive where c lies left of the way from a to b.
std::int64_t area(Point a, Point b, Point c) {
  return std::int64_t{b.x - a.x} * (c.y - a.y) - std::int64_t{b.y - a.y} * (c.x - a.x);
}

// One half of Andrew's monotone chain ("Another efficient algorithm for convex hulls in two dimensions", 1979).
template <class Iterator>
void append_chain(Iterator begin, Iterator end, std::vector<Point>& ring) {
  const std::size_t start = ring.size();
  for (Iterator it = begin; it != end; ++it) {
    while (ring.size() > start + 1 && area(ring[ring.size() - 2], ring.back(), *it) <= 0) ring.pop_back();
    ring.push_back(*it);
  }
  ring.pop_back();
}

// Counter-clockwise; two corners where all points lie on one line, none for fewer than two different points.
std::vector<Point> convex_hull(std::span<const Oriented> minutiae) {
  std::vector<Point> points;
  for (const Oriented& minutia : minutiae) points.push_back(minutia.at);
  std::sort(points.begin(), points.end(), [](Point a, Point b) { return a.x != b.x ? a.x < b.x : a.y < b.y; });
  points.erase(std::unique(points.begin(), points.end()), points.end());
  std::vector<Point> ring;
  if (points.size() < 2) return ring;
  append_chain(points.begin(), points.end(), ring);
  append_chain(points.rbegin(), points.rend(), ring);
  return ring;
}

struct HullEdge {
  Point from;
  Point to;
  std::int64_t area_min = 0;  // of the triangle with a point that is just close enough
};

std::vector<HullEdge> hull_edges(std::span<const Oriented> minutiae) {
  const std::vector<Point> ring = convex_hull(minutiae);
  std::vector<HullEdge> edges;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    const Point from = ring[i];
    const Point to = ring[(i + 1) % ring.size()];
    const double length = std::sqrt(static_cast<double>(squared_length({to.x - from.x, to.y - from.y})));
    edges.push_back({from, to, -static_cast<std::int64_t>(kHullMargin * length)});
  }
  return edges;
}

bool near_hull(const std::vector<HullEdge>& edges, Point point) {
  return !edges.empty() && std::all_of(edges.begin(), edges.end(), [&](const HullEdge& edge) {
    return area(edge.from, edge.to, point) >= edge.area_min;
  });
}

int mark_valid_places(const Oriented& centre, const std::vector<HullEdge>& edges, Cylinder& cylinder) {
  int count = 0;
  for (std::size_t i = 0; i < kCylinderPlaces; ++i) {
    const Point offset = turned(tables().places[i], centre.direction);
    cylinder.valid[i] = near_hull(edges, {centre.at.x + offset.x, centre.at.y + offset.y});
    count += cylinder.valid[i];
  }
  return count;
}

using Sums = std::array<std::array<int, kCylinderPlaces>, kCylinderSlices>;

// Equations 5 to 12 of the paper for one neighbour, which stands at `seen.at` and points to `seen.direction` as seen
// from the minutia.
void add_neighbour(const Oriented& seen, Sums& sums) {
  const Tables& table = tables();
  std::array<int, kCylinderSlices> shares{};
  for (int slice = 0; slice < kCylinderSlices; ++slice) {
    const int centre = kSliceSteps / 2 + slice * kSliceSteps - kTurn / 2;
    shares[static_cast<std::size_t>(slice)] =
        table.in_slice[static_cast<std::size_t>(wrap(centre + seen.direction))] * seen.worth / kWorthUnit;
  }
  for (std::size_t place = 0; place < kCylinderPlaces; ++place) {
    const std::int64_t distance =
        squared_length({table.places[place].x - seen.at.x, table.places[place].y - seen.at.y});
    if (distance > kReach * kReach) continue;
    const int weight = table.nearby[static_cast<std::size_t>(distance)];
    for (std::size_t slice = 0; slice < kCylinderSlices; ++slice)
      sums[slice][place] += (weight * shares[slice]) >> kWeightBits;
  }
}

int add_neighbours(std::span<const Oriented> minutiae, std::size_t centre, Sums& sums) {
  const Oriented& own = minutiae[centre];
  constexpr std::int64_t kFar = kRadius + kReach;
  int count = 0;
  for (std::size_t i = 0; i < minutiae.size(); ++i) {
    const Point offset{minutiae[i].at.x - own.at.x, minutiae[i].at.y - own.at.y};
    if (i == centre || squared_length(offset) > kFar * kFar) continue;
    ++count;
    const int turn = wrap(minutiae[i].direction - own.direction);
    add_neighbour({turned(offset, wrap(-own.direction)), turn, minutiae[i].worth}, sums);
  }
  return count;
}

void fill_cells(const Sums& sums, Cylinder& cylinder) {
  for (std::size_t slice = 0; slice < kCylinderSlices; ++slice) {
    for (std::size_t place = 0; place < kCylinderPlaces; ++place) {
      const int entry = std::min(sums[slice][place] >> (kWeightBits - kSigmoidStepBits), kSigmoidEntries - 1);
      if (cylinder.valid[place])
        cylinder.cells[slice * kCylinderPlaces + place] = tables().sigmoid[static_cast<std::size_t>(entry)];
    }
  }
}

}  // namespace

std::vector<Cylinder> make_cylinders(std::span<const Minutia> minutiae) {
  const auto best = minutiae.first(std::min<std::size_t>(minutiae.size(), limits::cylinder_minutiae_max));
  std::vector<Oriented> oriented;
  for (const Minutia& minutia : best) oriented.push_back(quantised(minutia));
  weigh_by_quality(best, oriented);
  const std::vector<HullEdge> edges = hull_edges(oriented);
  std::vector<Cylinder> cylinders;
  for (std::size_t i = 0; i < oriented.size(); ++i) {
    Cylinder cylinder{.minutia = i};
    Sums sums{};
    if (mark_valid_places(oriented[i], edges, cylinder) < kValidPlacesMin) continue;
    if (add_neighbours(oriented, i, sums) < kNeighboursMin) continue;
    fill_cells(sums, cylinder);
    cylinders.push_back(cylinder);
  }
  return cylinders;
}

}  // namespace qorgan::finger
