// How a finger meets a reader: where it lies, how the skin stretches, which part touches, what state it is in.
#pragma once

#include <cstdint>

#include "finger/synth/pattern.h"

namespace qorgan::finger::synth {

struct ImpressionOptions {
  // The picture, at 500 dpi: limits::image_side_px_min .. limits::image_side_px_max.
  int width_px = 320;
  int height_px = 400;
  // 0: centred, undistorted, clean; 1: a moderately good optical reader with untrained people; 1.5: a poor one;
  // 2: so poor that near half of the mated comparisons fail. 0 .. 3.
  double difficulty = 1;
};

// An ellipse on the finger.
struct Ellipse {
  Point centre;
  double across_px = 1;  // half axes
  double along_px = 1;
  // 0 at the centre, 1 on the rim, 2 at twice its distance.
  double reach(Point at) const;
};

// Plastic distortion (Cappelli, Maio, Maltoni, "Modelling plastic distortion in fingerprint images", ICAPR 2001): the
// skin within `still` sticks to the glass, that far outside moves rigidly by a turn and a shift, that between is
// stretched.
struct Distortion {
  Ellipse still;
  double turn_rad = 0;
  Point shift;
  double plasticity = 1;  // how wide the stretched belt is, in half axes of `still`; above 0
  // By how much a point of the finger moves.
  Point displacement(Point at) const;
};

// Where the finger lies: turned about `pivot` of the finger, which comes to rest at `rest` of the picture.
struct Placement {
  Point pivot;
  Point rest;
  double turn_rad = 0;  // counter-clockwise as seen
  Point to_picture(Point finger) const;
  Point to_finger(Point picture) const;
};

// The state of the skin and the reader.
struct Condition {
  double pressure = 0;    // -1 thin ridges .. 1 valleys close
  double unevenness = 0;  // how much the pressure varies over the print, 0 .. 1
  double dryness = 0;     // how broken the ridges are, 0 .. 1
  double wetness = 0;     // how much blots fill valleys, 0 .. 1
  double pores = 0;       // how visible, 0 .. 1
  double creases = 0;
  double contrast = 1;  // 0 .. 1 of the full range of grey
  double grain = 0;     // noise of the reader, grey levels
  int scratches = 0;
  int specks = 0;
};

// Everything about one impression but the skin itself.
struct Capture {
  int width_px = 0;
  int height_px = 0;
  Ellipse contact;
  Distortion distortion;
  Placement placement;
  Condition condition;
  std::uint64_t noise_seed = 0;

  // From the picture to the finger's canvas, distortion included. Exact.
  Point to_finger(Point picture) const;
  // The reverse, by fixed-point iteration, to within 0.05 px where the finger is (plasticity keeps the map
  // contracting).
  Point to_picture(Point finger) const;
};

// Draws one. `centre` is the middle of the finger's pattern. The same seed, centre and options give the same capture.
Capture draw_capture(Point centre, std::uint64_t impression_seed, const ImpressionOptions& options);

}  // namespace qorgan::finger::synth
