// Minutiae: where ridges end or fork.
#pragma once

#include <vector>

namespace qorgan::finger {

// ISO/IEC 19794-2:2005, 6.4.2: the kind of minutia.
enum class MinutiaType { other = 0, ending = 1, bifurcation = 2 };

struct Minutia {
  // Pixels at 500 dpi from the top left corner, x to the right, y down.
  float x_px = 0;
  float y_px = 0;
  // Radians, 0 <= direction < 2 pi, counter-clockwise from the x axis as seen on the picture; for an ending it points
  // along the ridge away from its end, i.e. into the ridge; for a bifurcation into the valley between the two arms
  // (ISO/IEC 19794-2:2005, 6.4.4: the tangent to the ending ridge, or to the ending valley of a bifurcation).
  float direction_rad = 0;
  MinutiaType type = MinutiaType::other;
  // 0..100, the higher the surer.
  int quality = 0;
};

// What one impression of one finger gave, before it becomes a template.
struct Minutiae {
  // The picture's size at 500 dpi.
  int width_px = 0;
  int height_px = 0;
  // Of the whole impression, 0..100: higher means that it will match better (ISO/IEC 29794-1's scale).
  int quality = 0;
  std::vector<Minutia> points;  // at most limits::minutiae_max, best quality first
};

}  // namespace qorgan::finger
