#include "finger/field.h"

#include <algorithm>
#include <cmath>

#include "base/result.h"

namespace qorgan::finger {

namespace {

void split(float position, int count, int& cell, float& weight) {
  const float clamped = std::clamp(position, 0.0F, static_cast<float>(count - 1));
  cell = std::min(static_cast<int>(clamped), count - 2);
  weight = clamped - static_cast<float>(cell);
}

template <class T>
T read(const cv::Mat_<T>& map, const GridPoint& p) {
  const T* top = map[p.y0] + p.x0;
  const T* bottom = map[p.y0 + 1] + p.x0;
  return (top[0] * (1 - p.wx) + top[1] * p.wx) * (1 - p.wy) + (bottom[0] * (1 - p.wx) + bottom[1] * p.wx) * p.wy;
}

}  // namespace

GridPoint grid_point(cv::Size size, int step, float x_px, float y_px) {
  QORGAN_ASSERT(size.width >= 2 && size.height >= 2);
  const float middle = static_cast<float>(step - 1) / 2;
  const float scale = 1.0F / static_cast<float>(step);
  GridPoint p;
  split((x_px - middle) * scale, size.width, p.x0, p.wx);
  split((y_px - middle) * scale, size.height, p.y0, p.wy);
  return p;
}

float read_map(const cv::Mat1f& map, int step, float x_px, float y_px) {
  return read(map, grid_point(map.size(), step, x_px, y_px));
}

cv::Vec2f read_map(const cv::Mat2f& map, int step, float x_px, float y_px) {
  return read(map, grid_point(map.size(), step, x_px, y_px));
}

}  // namespace qorgan::finger
