// Maps over a print at a coarser step than pixels, and how to read them between their cells.
#pragma once

#include <opencv2/core.hpp>

namespace qorgan::finger {

// Cell (i, j) of a map of step s covers the pixels s*i .. s*i + s - 1 and stands for their middle.
struct GridPoint {
  int x0 = 0;
  int y0 = 0;
  float wx = 0;
  float wy = 0;
};

// The cell left above a pixel position and the bilinear weights towards the next; clamped to the map.
GridPoint grid_point(cv::Size size, int step, float x_px, float y_px);

// Bilinear reading. The map has at least 2 x 2 cells.
float read_map(const cv::Mat1f& map, int step, float x_px, float y_px);
cv::Vec2f read_map(const cv::Mat2f& map, int step, float x_px, float y_px);

}  // namespace qorgan::finger
