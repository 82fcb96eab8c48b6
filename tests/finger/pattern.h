// A drawn pattern of parallel ridges with minutiae at known places.
#pragma once

#include <vector>

#include "finger/image.h"

namespace qorgan::test {

struct Dislocation {
  double x_px = 0;  // at 500 dpi, before turning
  double y_px = 0;
  int sign = 1;  // +1: one ridge more above (towards smaller y) before turning; -1: below
};

struct Pattern {
  int side_px = 320;  // at 500 dpi
  double period_px = 9;
  double turn_rad = 0;   // of the whole pattern about its middle, counter-clockwise as seen
  double phase_rad = 0;  // shifts the ridges, and so decides what is an ending and what a bifurcation
  std::vector<Dislocation> dislocations;
};

// Ten, at least 50 pixels apart, of both signs.
Pattern standard_pattern();

// Vertical ridges (before turning), each dislocation a phase that grows by one turn around its place.
finger::Image draw(const Pattern& pattern, int dpi);

struct Expected {
  double x_px = 0;
  double y_px = 0;
  double direction_rad = 0;
};
// Where the minutiae of the drawn picture are, at 500 dpi.
std::vector<Expected> expected_minutiae(const Pattern& pattern);

}  // namespace qorgan::test
