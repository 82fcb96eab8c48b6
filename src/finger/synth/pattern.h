// The flow of the ridges: class, singular points, orientation and ridge period everywhere on an artificial finger.
//
// Coordinates of the finger: pixels at 500 dpi on a canvas of kFingerWidth_px x kFingerHeight_px, x right, y down, the
// fingertip at the top. Angles: radians, counter-clockwise as seen on the picture.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace qorgan::finger::synth {

// 20 mm x 26 mm: more skin than one impression shows.
inline constexpr int kFingerWidth_px = 384;
inline constexpr int kFingerHeight_px = 512;

enum class PatternClass { arch, tented_arch, left_loop, right_loop, whorl };
inline constexpr std::array kPatternClasses = {PatternClass::arch, PatternClass::tented_arch, PatternClass::left_loop,
                                               PatternClass::right_loop, PatternClass::whorl};
// "arch", "tented arch", "left loop", "right loop", "whorl".
std::string_view pattern_class_name(PatternClass pattern_class);
// Share of fingers of this class: 3.7, 2.9, 33.8, 31.7, 27.9 % (Wilson, Candela, Watson, "Neural network fingerprint
// classification", J. Artificial Neural Networks 1(2), 1994).
double natural_share(PatternClass pattern_class);

struct Point {
  double x_px = 0;
  double y_px = 0;
};

// How a set of ridges flows. Made by make_pattern; copying is cheap.
class Pattern {
 public:
  // Drawn from the seed; the class too unless given, with the natural shares.
  static Pattern make(std::uint64_t seed, std::optional<PatternClass> pattern_class = {});

  PatternClass pattern_class() const { return class_; }
  // Arch: none. Tented arch and loops: one core, one delta. Whorl: two and two.
  const std::vector<Point>& cores() const { return cores_; }
  const std::vector<Point>& deltas() const { return deltas_; }
  // The middle of the pattern: about where the upper core is, or would be.
  Point centre() const { return centre_; }

  // Ridge orientation at a point, 0 <= angle < pi. Zero-pole model (Sherlock, Monro, "A model for interpreting
  // fingerprint topology", Pattern Recognition 26(7), 1993), whose excess over horizontal is bent towards the natural
  // dome shape by a smooth field without singular points, in the spirit of Vizcaya and Gerhardt (Pattern Recognition
  // 29(7), 1996); arches as in Cappelli, "Synthetic fingerprint generation", in Handbook of Fingerprint Recognition,
  // 2009.
  double orientation_rad(Point at) const;
  // Distance from ridge to ridge at a point, 6.5 .. 12 pixels.
  double period_px(Point at) const;

 private:
  struct Wave {
    double x_per_px, y_per_px, phase_rad, amplitude;
  };
  double dome_rad(Point at) const;
  double bump_rad(Point at) const;
  double loop_rad(Point at) const;
  void place_loop(class Random& random, double side);
  void place_whorl(class Random& random);

  PatternClass class_ = PatternClass::arch;
  Point centre_;
  std::vector<Point> cores_;
  std::vector<Point> deltas_;
  double offset_rad_ = 0;
  double dome_strength_ = 0;
  double dome_radius_px_ = 0;
  double bump_height_px_ = 0;
  double bump_width_px_ = 1;
  double slimness_ = 0;
  double opening_rad_ = 0;
  double period_px_ = 9;
  std::vector<Wave> turn_waves_;
  std::vector<Wave> period_waves_;
};

}  // namespace qorgan::finger::synth
