// Artificial fingers: that they repeat, that they are built like real ones, that impressions of one are alike.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numbers>
#include <set>
#include <thread>
#include <vector>

#include "base/limits.h"
#include "finger/extract.h"
#include "finger/synth/impression.h"
#include "finger/synth/minutiae.h"
#include "finger/synth/random.h"

namespace qorgan::finger::synth {
namespace {

constexpr double kPi = std::numbers::pi;

double angle_between(double a, double b, double turn) {
  return std::abs(std::remainder(a - b, turn));
}

TEST(SynthRandom, GivesTheSameNumbersEverywhere) {
  Random random(1);
  EXPECT_EQ(random.next(), 12966619160104079557ULL);
  EXPECT_EQ(random.next(), 9600361134598540522ULL);
  Random again(1);
  EXPECT_EQ(again.next(), 12966619160104079557ULL);
  EXPECT_NE(Random(2).next(), Random(1).next());
}

TEST(SynthRandom, IsSpreadAsItSays) {
  Random random(11);
  constexpr int kCount = 100'000;
  double sum = 0, squares = 0, low = 1, high = 0;
  std::vector<int> counts(7);
  for (int i = 0; i < kCount; ++i) {
    const double normal = random.normal(3, 2);
    sum += normal;
    squares += (normal - 3) * (normal - 3);
    const double uniform = random.uniform();
    low = std::min(low, uniform);
    high = std::max(high, uniform);
    ++counts[static_cast<std::size_t>(random.below(7))];
  }
  EXPECT_NEAR(sum / kCount, 3, 0.03);
  EXPECT_NEAR(std::sqrt(squares / kCount), 2, 0.03);
  EXPECT_GE(low, 0);
  EXPECT_LT(low, 0.001);
  EXPECT_LT(high, 1);
  EXPECT_GT(high, 0.999);
  for (const int count : counts) EXPECT_NEAR(count, kCount / 7.0, 600);
}

TEST(SynthSeeds, OfPeopleFingersAndImpressionsAllDiffer) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t person = 0; person < 20; ++person) {
    seen.insert(person_seed(5, person));
    for (int position = 1; position <= 10; ++position) {
      const std::uint64_t finger = finger_seed(person_seed(5, person), position);
      seen.insert(finger);
      for (int i = 1; i <= 5; ++i) seen.insert(impression_seed(finger, i));
    }
  }
  EXPECT_EQ(seen.size(), 20U * (1 + 10 * (1 + 5)));
  EXPECT_NE(person_seed(5, 0), person_seed(6, 0));
}

TEST(SynthPattern, ClassesAreAsFrequentAsInNature) {
  std::map<PatternClass, int> counts;
  constexpr int kCount = 20'000;
  for (std::uint64_t seed = 0; seed < kCount; ++seed) ++counts[Pattern::make(seed).pattern_class()];
  double shares = 0;
  for (const PatternClass pattern_class : kPatternClasses) {
    shares += natural_share(pattern_class);
    // Four standard deviations of a count are at most 1.4 % of all.
    EXPECT_NEAR(static_cast<double>(counts[pattern_class]) / kCount, natural_share(pattern_class), 0.014)
        << pattern_class_name(pattern_class);
  }
  EXPECT_NEAR(shares, 1, 1e-9);
}

// Half turns of the orientation along the edge of a square, counter-clockwise: 1 round a core, -1 round a delta.
int half_turns(const Pattern& pattern, double x, double y, double side_px) {
  constexpr int kSteps = 12;
  std::vector<double> angles;
  for (int side = 0; side < 4; ++side) {
    for (int i = 0; i < kSteps; ++i) {
      const double t = side_px * i / kSteps;
      const Point at = side == 0   ? Point{x + t, y + side_px}
                       : side == 1 ? Point{x + side_px, y + side_px - t}
                       : side == 2 ? Point{x + side_px - t, y}
                                   : Point{x, y + t};
      angles.push_back(pattern.orientation_rad(at));
    }
  }
  double turned = 0;
  for (std::size_t i = 0; i < angles.size(); ++i)
    turned += std::remainder(angles[(i + 1) % angles.size()] - angles[i], kPi);
  return static_cast<int>(std::lround(turned / kPi));
}

TEST(SynthPattern, EachClassHasItsSingularPoints) {
  const std::map<PatternClass, int> expected = {{PatternClass::arch, 0},
                                                {PatternClass::tented_arch, 1},
                                                {PatternClass::left_loop, 1},
                                                {PatternClass::right_loop, 1},
                                                {PatternClass::whorl, 2}};
  for (const PatternClass pattern_class : kPatternClasses) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      const Pattern pattern = Pattern::make(seed, pattern_class);
      int cores = 0, deltas = 0;
      // Off the lattice of singular points by an odd fraction, so that none lies on an edge.
      for (double y = 0.37; y < kFingerHeight_px; y += 6) {
        for (double x = 0.37; x < kFingerWidth_px; x += 6) {
          const int turns = half_turns(pattern, x, y, 6);
          cores += turns > 0 ? turns : 0;
          deltas -= turns < 0 ? turns : 0;
        }
      }
      EXPECT_EQ(cores, expected.at(pattern_class)) << pattern_class_name(pattern_class) << " seed " << seed;
      EXPECT_EQ(deltas, expected.at(pattern_class)) << pattern_class_name(pattern_class) << " seed " << seed;
      EXPECT_EQ(pattern.cores().size(), static_cast<std::size_t>(cores));
      EXPECT_EQ(pattern.deltas().size(), static_cast<std::size_t>(deltas));
    }
  }
}

TEST(SynthPattern, LoopsOpenAwayFromTheirDelta) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Pattern left = Pattern::make(seed, PatternClass::left_loop);
    const Pattern right = Pattern::make(seed, PatternClass::right_loop);
    EXPECT_GT(left.deltas()[0].x_px, left.cores()[0].x_px) << "seed " << seed;
    EXPECT_LT(right.deltas()[0].x_px, right.cores()[0].x_px) << "seed " << seed;
    EXPECT_GT(left.deltas()[0].y_px, left.cores()[0].y_px) << "seed " << seed;
  }
}

// Mean distance from ridge to ridge along short lines across the flow.
double measured_period_px(const Finger& finger, double& expected_px) {
  Random random(3);
  double length_px = 0, crossings = 0;
  expected_px = 0;
  constexpr int kLines = 150;
  for (int line = 0; line < kLines; ++line) {
    Point at{random.uniform(80, kFingerWidth_px - 80), random.uniform(80, kFingerHeight_px - 80)};
    expected_px += finger.pattern.period_px(at) / kLines;
    bool above = false;
    double first = -1, last = -1;
    int rises = 0;
    double going_x = 0, going_y = 1;
    for (int step = 0; step < 200; ++step) {
      const double across = finger.pattern.orientation_rad(at) + kPi / 2;
      double x = std::cos(across), y = -std::sin(across);
      if (x * going_x + y * going_y < 0) x = -x, y = -y;
      going_x = x, going_y = y;
      at.x_px += 0.25 * x;
      at.y_px += 0.25 * y;
      const bool now = finger.skin.row(static_cast<int>(std::lround(at.y_px)))[std::lround(at.x_px)] > 0;
      if (now && !above && step > 0) {
        if (first < 0) first = step;
        last = step;
        ++rises;
      }
      above = now;
    }
    if (rises >= 2) {
      length_px += 0.25 * (last - first);
      crossings += rises - 1;
    }
  }
  return length_px / crossings;
}

TEST(SynthFinger, RidgesAreAsFarApartAsThePatternSays) {
  double mean_px = 0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    double expected_px = 0;
    const double measured_px = measured_period_px(make_finger(seed), expected_px);
    EXPECT_NEAR(measured_px, expected_px, 0.12 * expected_px) << "seed " << seed;
    mean_px += measured_px / 5;
  }
  // Real fingers: 0.4 to 0.5 mm.
  EXPECT_GT(mean_px, 8);
  EXPECT_LT(mean_px, 10.3);
}

TEST(SynthFinger, SameSeedSameFingerOnAnyThread) {
  const Finger one = make_finger(21);
  Finger two;
  std::thread other([&] { two = make_finger(21); });
  const Finger three = make_finger(22);
  other.join();
  EXPECT_EQ(one.skin.values, two.skin.values);
  EXPECT_EQ(one.pores.values, two.pores.values);
  EXPECT_EQ(one.creases.values, two.creases.values);
  EXPECT_NE(one.skin.values, three.skin.values);
  const Image first = impression(one, 5);
  EXPECT_EQ(first.pixels, impression(two, 5).pixels);
  EXPECT_NE(first.pixels, impression(one, 6).pixels);
}

TEST(SynthFinger, OneClassDoesNotMeanOneRidgePattern) {
  const Pattern pattern = Pattern::make(1, PatternClass::whorl);
  const Field one = grow_ridges(pattern, 1);
  const Field two = grow_ridges(pattern, 2);
  double product = 0, square_one = 0, square_two = 0;
  for (std::size_t i = 0; i < one.values.size(); ++i) {
    product += one.values[i] * two.values[i];
    square_one += one.values[i] * one.values[i];
    square_two += two.values[i] * two.values[i];
  }
  EXPECT_LT(std::abs(product) / std::sqrt(square_one * square_two), 0.1);
  EXPECT_GT(square_one / static_cast<double>(one.values.size()), 0.3) << "ridges fill the canvas";
}

TEST(SynthCapture, DistortionIsBoundedAndUndone) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    ImpressionOptions options;
    options.difficulty = 1 + 0.5 * static_cast<double>(seed % 3);
    const Capture capture = draw_capture({192, 222}, seed, options);
    const Distortion& distortion = capture.distortion;
    const Point stuck = distortion.displacement(distortion.still.centre);
    EXPECT_EQ(stuck.x_px, 0);
    EXPECT_EQ(stuck.y_px, 0);
    for (double y = 20; y < options.height_px; y += 40) {
      for (double x = 20; x < options.width_px; x += 40) {
        const Point finger = capture.placement.to_finger({x, y});
        const Point moved = distortion.displacement(finger);
        const double far_px =
            std::hypot(finger.x_px - distortion.still.centre.x_px, finger.y_px - distortion.still.centre.y_px);
        EXPECT_LT(std::hypot(moved.x_px, moved.y_px), 24 + 0.17 * far_px) << "seed " << seed;
        if (far_px > 260) continue;
        const Point back = capture.to_picture(capture.to_finger({x, y}));
        EXPECT_NEAR(back.x_px, x, 0.1) << "seed " << seed;
        EXPECT_NEAR(back.y_px, y, 0.1) << "seed " << seed;
      }
    }
  }
}

TEST(SynthCapture, WithoutDifficultyNothingMoves) {
  ImpressionOptions options;
  options.difficulty = 0;
  const Capture capture = draw_capture({190, 220}, 9, options);
  const Point rest = capture.to_picture({190, 250});
  EXPECT_NEAR(rest.x_px, options.width_px / 2.0, 1e-9);
  EXPECT_NEAR(rest.y_px, options.height_px / 2.0, 1e-9);
  const Point away = capture.to_picture({290, 150});
  EXPECT_NEAR(away.x_px - rest.x_px, 100, 1e-9);
  EXPECT_NEAR(away.y_px - rest.y_px, -100, 1e-9);
}

// Correlation of grey over the skin that both pictures show, read where `a` and `b` say that it is.
double correlation(const Image& one, const Capture& a, const Image& two, const Capture& b) {
  double n = 0, sum_one = 0, sum_two = 0, product = 0, square_one = 0, square_two = 0;
  for (int y = 10; y < kFingerHeight_px; y += 2) {
    for (int x = 10; x < kFingerWidth_px; x += 2) {
      const Point at{static_cast<double>(x), static_cast<double>(y)};
      if (a.contact.reach(at) > 0.75 || b.contact.reach(at) > 0.75) continue;
      const Point p = a.to_picture(at), q = b.to_picture(at);
      if (p.x_px < 1 || p.y_px < 1 || p.x_px > one.width_px - 2 || p.y_px > one.height_px - 2) continue;
      if (q.x_px < 1 || q.y_px < 1 || q.x_px > two.width_px - 2 || q.y_px > two.height_px - 2) continue;
      const double u = one.pixels[static_cast<std::size_t>(std::lround(p.y_px) * one.width_px + std::lround(p.x_px))];
      const double v = two.pixels[static_cast<std::size_t>(std::lround(q.y_px) * two.width_px + std::lround(q.x_px))];
      n += 1;
      sum_one += u;
      sum_two += v;
      product += u * v;
      square_one += u * u;
      square_two += v * v;
    }
  }
  return (n * product - sum_one * sum_two) /
         std::sqrt((n * square_one - sum_one * sum_one) * (n * square_two - sum_two * sum_two));
}

TEST(SynthImpression, AlikeOnceThePlacementIsUndone) {
  const ImpressionOptions options;
  std::vector<Finger> fingers;
  for (std::uint64_t seed = 40; seed < 44; ++seed) fingers.push_back(make_finger(seed, PatternClass::left_loop));
  double mated = 0;
  for (std::size_t i = 0; i < fingers.size(); ++i) {
    const Finger& finger = fingers[i];
    const Finger& stranger = fingers[(i + 1) % fingers.size()];
    const Capture a = draw_capture(finger.pattern.centre(), 1, options);
    const Capture b = draw_capture(finger.pattern.centre(), 2, options);
    const Image one = render(finger, a);
    const Image two = render(finger, b);
    const Image other = render(stranger, b);
    mated += correlation(one, a, two, b) / static_cast<double>(fingers.size());
    EXPECT_LT(std::abs(correlation(one, a, other, b)), 0.2) << "seed " << finger.seed;
    Capture not_undone = b;
    not_undone.placement.rest.x_px += 4.5;
    not_undone.placement.rest.y_px += 4.5;
    EXPECT_LT(correlation(one, a, two, not_undone), correlation(one, a, two, b) - 0.2) << "seed " << finger.seed;
  }
  EXPECT_GT(mated, 0.4);
}

TEST(SynthImpression, IsDarkOnLightAndOfTheSizeAskedFor) {
  ImpressionOptions options;
  options.width_px = 256;
  options.height_px = 300;
  for (std::uint64_t seed = 1; seed < 4; ++seed) {
    const Image image = impression(make_finger(seed), seed, options);
    ASSERT_EQ(image.width_px, 256);
    ASSERT_EQ(image.height_px, 300);
    ASSERT_EQ(image.dpi, 500);
    ASSERT_EQ(image.pixels.size(), 256U * 300U);
    int dark = 0, light = 0;
    for (const std::uint8_t pixel : image.pixels) {
      dark += pixel < 128;
      light += pixel > 220;
    }
    EXPECT_GT(dark, 2'000) << "seed " << seed;
    EXPECT_GT(light, 12'000) << "seed " << seed;
  }
}

TEST(SynthImpression, HasAsManyMinutiaeAsARealPrint) {
  double count = 0;
  constexpr int kFingers = 8;
  for (std::uint64_t seed = 0; seed < kFingers; ++seed) {
    const auto found = extract(impression(make_finger(seed), impression_seed(seed, 1)));
    ASSERT_TRUE(found) << "seed " << seed << ": " << found.error().message();
    count += static_cast<double>(found->points.size()) / kFingers;
  }
  EXPECT_GT(count, 30);
  EXPECT_LT(count, 65);
}

TEST(SynthMinutiae, AreAsDenseAsOnDrawnFingers) {
  double count = 0, neighbours = 0, same_way = 0;
  constexpr int kFingers = 200;
  for (std::uint64_t seed = 0; seed < kFingers; ++seed) {
    const MinutiaeFinger finger = make_minutiae(seed);
    const Ellipse full{{finger.pattern.centre().x_px, finger.pattern.centre().y_px + 30}, 130, 185};
    for (std::size_t i = 0; i < finger.points.size(); ++i) {
      const SkinMinutia& a = finger.points[i];
      count += full.reach(a.at) < 1 ? 1.0 / kFingers : 0;
      ASSERT_LT(angle_between(a.direction_rad, finger.pattern.orientation_rad(a.at), kPi), 1e-9) << "seed " << seed;
      ASSERT_GE(a.direction_rad, 0);
      ASSERT_LT(a.direction_rad, 2 * kPi);
      for (std::size_t j = 0; j < i; ++j) {
        const SkinMinutia& b = finger.points[j];
        const double distance_px = std::hypot(a.at.x_px - b.at.x_px, a.at.y_px - b.at.y_px);
        ASSERT_GE(distance_px, 7) << "seed " << seed;
        const double cosine = std::cos(a.direction_rad - b.direction_rad);
        if (distance_px > 40 || std::abs(cosine) < 0.7) continue;
        neighbours += 1;
        same_way += cosine > 0;
      }
    }
  }
  EXPECT_GT(count, 40);
  EXPECT_LT(count, 60);
  EXPECT_GT(same_way / neighbours, 0.53);
  EXPECT_LT(same_way / neighbours, 0.7);
}

// The share of `probe`'s minutiae that have one of `other`'s within 8 pixels and 0.5 rad, both read back on the finger.
double share_found(const Minutiae& probe, const Capture& a, const Minutiae& other, const Capture& b) {
  double shared = 0, visible = 0;
  for (const Minutia& p : probe.points) {
    const Point at = a.to_finger({p.x_px, p.y_px});
    if (b.contact.reach(at) > 0.8) continue;
    visible += 1;
    for (const Minutia& q : other.points) {
      const Point there = b.to_finger({q.x_px, q.y_px});
      const double turned = p.direction_rad - a.placement.turn_rad - (q.direction_rad - b.placement.turn_rad);
      if (std::hypot(there.x_px - at.x_px, there.y_px - at.y_px) < 8 && angle_between(turned, 0, 2 * kPi) < 0.5) {
        shared += 1;
        break;
      }
    }
  }
  return shared / std::max(1.0, visible);
}

TEST(SynthMinutiae, ImpressionsOfOneFingerShareThemAndOthersDoNot) {
  const ImpressionOptions options;
  double mated = 0, other = 0;
  constexpr int kFingers = 60;
  for (std::uint64_t seed = 0; seed < kFingers; ++seed) {
    const MinutiaeFinger finger = make_minutiae(seed);
    const MinutiaeFinger stranger = make_minutiae(seed + kFingers);
    const Minutiae one = minutiae_impression(finger, 1 + 2 * seed, options);
    const Minutiae two = minutiae_impression(finger, 2 + 2 * seed, options);
    const Minutiae three = minutiae_impression(stranger, 2 + 2 * seed, options);
    const Capture a = draw_capture(finger.pattern.centre(), 1 + 2 * seed, options);
    const Capture b = draw_capture(finger.pattern.centre(), 2 + 2 * seed, options);
    const Capture c = draw_capture(stranger.pattern.centre(), 2 + 2 * seed, options);
    mated += share_found(one, a, two, b) / kFingers;
    other += share_found(one, a, three, c) / kFingers;
  }
  EXPECT_GT(mated, 0.65);
  EXPECT_LT(mated, 0.95) << "impressions must not be copies";
  EXPECT_LT(other, 0.2);
}

TEST(SynthMinutiae, ImpressionsAreWellFormedAndRepeat) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const MinutiaeFinger finger = make_minutiae(seed);
    ImpressionOptions options;
    options.difficulty = static_cast<double>(seed % 7) * 0.5;
    const Minutiae seen = minutiae_impression(finger, seed + 1000, options);
    EXPECT_EQ(seen.width_px, options.width_px);
    EXPECT_EQ(seen.height_px, options.height_px);
    EXPECT_LE(seen.points.size(), static_cast<std::size_t>(limits::minutiae_max));
    EXPECT_TRUE(seen.quality >= 0 && seen.quality <= 100);
    for (std::size_t i = 0; i < seen.points.size(); ++i) {
      const Minutia& m = seen.points[i];
      EXPECT_TRUE(m.x_px >= 0 && m.x_px < static_cast<float>(options.width_px)) << "seed " << seed;
      EXPECT_TRUE(m.y_px >= 0 && m.y_px < static_cast<float>(options.height_px)) << "seed " << seed;
      EXPECT_TRUE(m.direction_rad >= 0 && m.direction_rad < static_cast<float>(2 * kPi)) << "seed " << seed;
      EXPECT_TRUE(m.quality >= 1 && m.quality <= 100) << "seed " << seed;
      if (i > 0) {
        EXPECT_LE(m.quality, seen.points[i - 1].quality) << "seed " << seed;
      }
    }
    const Minutiae again = minutiae_impression(make_minutiae(seed), seed + 1000, options);
    ASSERT_EQ(again.points.size(), seen.points.size());
    for (std::size_t i = 0; i < seen.points.size(); ++i) EXPECT_EQ(again.points[i].x_px, seen.points[i].x_px);
  }
}

}  // namespace
}  // namespace qorgan::finger::synth
