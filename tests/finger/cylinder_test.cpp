#include "finger/cylinder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/limits.h"
#include "crypto/hash.h"
#include "tests/finger/random_minutiae.h"

namespace qorgan::finger {
namespace {

using test::Movement;
using test::Random;

// The paper's equations in floating point, as they stand there but for the sigmoid's two constants and the
// neighbours' worth: what the whole-number code must come near to.
class PlainCylinder {
 public:
  explicit PlainCylinder(const std::vector<Minutia>& minutiae) : minutiae_(minutiae) {
    for (const Minutia& minutia : minutiae) quality_mean_ += minutia.quality / static_cast<double>(minutiae.size());
  }

  double cell(std::size_t centre, int place, int slice) const {
    const Minutia& own = minutiae_[centre];
    const auto [u, v] = place_centre(place);
    const double c = std::cos(own.direction_rad);
    const double s = std::sin(own.direction_rad);
    const double x = own.x_px + c * u - s * v;
    const double y = -own.y_px + s * u + c * v;
    double sum = 0;
    for (std::size_t i = 0; i < minutiae_.size(); ++i)
      if (i != centre) sum += worth(minutiae_[i]) * spatial(minutiae_[i], x, y) * directional(minutiae_[i], own, slice);
    return 1 / (1 + std::exp(-200 * (sum - 0.002)));
  }

  static std::pair<double, double> place_centre(int place) {
    for (int i = 0; i < 64; ++i) {
      const double u = (i / 8 - 3.5) * 17.5;
      const double v = (i % 8 - 3.5) * 17.5;
      if (u * u + v * v <= 70 * 70 && place-- == 0) return {u, v};
    }
    ADD_FAILURE() << "no such place";
    return {};
  }

 private:
  double worth(const Minutia& other) const { return std::min(1.5, 0.4 + 0.6 * other.quality / quality_mean_); }
  static double spatial(const Minutia& other, double x, double y) {
    constexpr double kSigma = 28.0 / 3;
    const double squared = std::pow(x - other.x_px, 2) + std::pow(y + other.y_px, 2);
    if (squared > 28 * 28) return 0;
    return std::exp(-squared / (2 * kSigma * kSigma)) / (kSigma * std::sqrt(2 * std::numbers::pi));
  }
  static double directional(const Minutia& other, const Minutia& own, int slice) {
    const double width = std::numbers::pi / 3;
    const double centre = -std::numbers::pi + (slice + 0.5) * width;
    const double turn = static_cast<double>(own.direction_rad) - static_cast<double>(other.direction_rad);
    const double alpha = std::remainder(centre - turn, 2 * std::numbers::pi);
    return normal(alpha + width / 2) - normal(alpha - width / 2);
  }
  static double normal(double angle) {
    return 0.5 * std::erf(angle / (2 * std::numbers::pi / 9) / std::numbers::sqrt2);
  }

  const std::vector<Minutia>& minutiae_;
  double quality_mean_ = 0;
};

Minutia at(float x, float y, float direction = 0) {
  return {.x_px = x, .y_px = y, .direction_rad = direction};
}

TEST(Cylinder, EqualsThePapersEquations) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const Minutiae minutiae = test::random_minutiae(random, 45);
    const PlainCylinder plain(minutiae.points);
    const auto cylinders = make_cylinders(minutiae.points);
    ASSERT_GT(cylinders.size(), 30u);
    double error_sum = 0;
    double count = 0;
    for (const Cylinder& cylinder : cylinders) {
      for (int i = 0; i < kCylinderCells; ++i) {
        const auto cell = static_cast<std::size_t>(i);
        if (!cylinder.valid[cell % kCylinderPlaces]) continue;
        const double expected = plain.cell(cylinder.minutia, i % kCylinderPlaces, i / kCylinderPlaces);
        const double error = std::abs(cylinder.cells[cell] / 255.0 - expected);
        ASSERT_LT(error, 0.1) << "minutia " << cylinder.minutia << " cell " << i << " is " << int{cylinder.cells[cell]}
                              << ", not " << 255 * expected;
        error_sum += error;
        ++count;
      }
    }
    EXPECT_LT(error_sum / count, 0.005);
  }
}

TEST(Cylinder, TurningAndMovingTheFingerChangesLittle) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const Minutiae still = test::random_minutiae(random, 40);
    const Movement movement{test::uniform(random, -3, 3), test::uniform(random, -40, 40),
                            test::uniform(random, -40, 40)};
    const auto before = make_cylinders(still.points);
    const auto after = make_cylinders(test::moved(still, movement, random, 0).points);
    ASSERT_NEAR(static_cast<double>(before.size()), static_cast<double>(after.size()), 1);
    double difference = 0;
    double count = 0;
    for (const Cylinder& a : before) {
      const auto b = std::find_if(after.begin(), after.end(), [&](const auto& c) { return c.minutia == a.minutia; });
      if (b == after.end()) continue;
      for (std::size_t i = 0; i < kCylinderCells; ++i) {
        if (!a.valid[i % kCylinderPlaces] || !b->valid[i % kCylinderPlaces]) continue;
        difference += std::abs(int{a.cells[i]} - int{b->cells[i]});
        ++count;
      }
    }
    ASSERT_GT(count, 5000);
    EXPECT_LT(difference / count, 3) << "of 255";
  }
}

TEST(Cylinder, APlaceFarFromTheHullIsNotValidAndItsCellsAreZero) {
  // A square of 100 pixels: from its left lower corner, whose direction is to the right, places further left than
  // 50 pixels are too far away.
  const std::vector<Minutia> square = {at(100, 200), at(200, 200), at(100, 100),
                                       at(200, 100), at(150, 150), at(150, 160)};
  const auto cylinders = make_cylinders(square);
  ASSERT_EQ(cylinders.size(), square.size());
  ASSERT_EQ(cylinders[0].minutia, 0u);
  for (int place = 0; place < kCylinderPlaces; ++place) {
    const auto [u, v] = PlainCylinder::place_centre(place);
    const bool near = u >= -50 && v >= -50;
    EXPECT_EQ(cylinders[0].valid[static_cast<std::size_t>(place)], near) << u << ' ' << v;
    if (near) continue;
    for (int slice = 0; slice < kCylinderSlices; ++slice)
      EXPECT_EQ(cylinders[0].cells[static_cast<std::size_t>(slice * kCylinderPlaces + place)], 0);
  }
}

TEST(Cylinder, TooFewNeighboursGiveNone) {
  EXPECT_TRUE(make_cylinders({}).empty());
  const std::vector<Minutia> one = {at(100, 100)};
  EXPECT_TRUE(make_cylinders(one).empty());
  const std::vector<Minutia> two = {at(100, 100), at(150, 100)};
  EXPECT_TRUE(make_cylinders(two).empty());
  // The third is 98.25 pixels from the first: just out of reach of its cylinder.
  const std::vector<Minutia> apart = {at(100, 100), at(150, 140), at(198.25, 100)};
  for (const Cylinder& cylinder : make_cylinders(apart)) EXPECT_EQ(cylinder.minutia, 1u);
}

TEST(Cylinder, QualityCountsRelativeToThePrint) {
  Random random(3);
  Minutiae minutiae = test::random_minutiae(random, 40);
  for (Minutia& point : minutiae.points) point.quality = 80;
  const auto good = make_cylinders(minutiae.points);
  for (Minutia& point : minutiae.points) point.quality = 20;
  const auto poor = make_cylinders(minutiae.points);
  for (Minutia& point : minutiae.points) point.quality = 0;
  const auto unknown = make_cylinders(minutiae.points);
  minutiae.points[0].quality = 40;
  const auto one_better = make_cylinders(minutiae.points);
  ASSERT_EQ(good.size(), poor.size());
  ASSERT_EQ(good.size(), unknown.size());
  ASSERT_EQ(good.size(), one_better.size());
  bool differ = false;
  for (std::size_t i = 0; i < good.size(); ++i) {
    EXPECT_EQ(good[i].cells, poor[i].cells);
    EXPECT_EQ(good[i].cells, unknown[i].cells);
    differ = differ || good[i].cells != one_better[i].cells;
  }
  EXPECT_TRUE(differ);
}

TEST(Cylinder, MinutiaeOnOneLineOrOneSpotAreNoTrouble) {
  std::vector<Minutia> line;
  for (int i = 0; i < 20; ++i) line.push_back(at(50 + 10 * static_cast<float>(i), 100));
  EXPECT_EQ(make_cylinders(line).size(), line.size()) << "a strip of 100 pixels holds 44 places";
  const std::vector<Minutia> spot(20, at(100, 100));
  EXPECT_TRUE(make_cylinders(spot).empty());
}

TEST(Cylinder, OnlyTheBestAreLookedAt) {
  Random random(4);
  const Minutiae many = test::random_minutiae(random, 120);
  const std::span<const Minutia> best(many.points.data(), limits::cylinder_minutiae_max);
  const auto from_many = make_cylinders(many.points);
  const auto from_best = make_cylinders(best);
  ASSERT_EQ(from_many.size(), from_best.size());
  for (std::size_t i = 0; i < from_many.size(); ++i) {
    EXPECT_EQ(from_many[i].minutia, from_best[i].minutia);
    EXPECT_EQ(from_many[i].cells, from_best[i].cells);
  }
}

// Pins the cells to the bit, so that another compiler, C library or processor that differs is noticed.
TEST(Cylinder, IsTheSameOnEveryMachine) {
  Random random(2026);
  Bytes all;
  for (int i = 0; i < 20; ++i) {
    for (const Cylinder& cylinder : make_cylinders(test::random_minutiae(random, 50).points)) {
      all.insert(all.end(), cylinder.cells.begin(), cylinder.cells.end());
      all.insert(all.end(), cylinder.valid.begin(), cylinder.valid.end());
    }
  }
  EXPECT_EQ(to_hex(crypto::sha256(all)), "467af7050a45da1798672686d3f6a98762a816ec4bd60f9f1dfc915a88e05e84");
}

TEST(CylinderDeathTest, ANumberThatIsNoneStopsTheProgram) {
  std::vector<Minutia> bad = {at(100, 100), at(110, 100), at(std::nanf(""), 100)};
  EXPECT_DEATH(make_cylinders(bad), "invariant violated");
}

}  // namespace
}  // namespace qorgan::finger
