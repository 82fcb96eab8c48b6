#include "finger/synth/impression.h"

#include <algorithm>
#include <cmath>

#include "base/limits.h"
#include "base/result.h"
#include "finger/synth/random.h"

namespace qorgan::finger::synth {
namespace {

// Smooth noise, about -1 .. 1, that varies over `cell_px` pixels.
Field make_noise(int width, int height, double cell_px, Random& random) {
  const int columns = static_cast<int>(width / cell_px) + 3;
  const int rows = static_cast<int>(height / cell_px) + 3;
  Field lattice(columns, rows);
  for (float& value : lattice.values) value = static_cast<float>(random.uniform(-1, 1));
  std::vector<int> column(static_cast<std::size_t>(width));
  std::vector<float> weight(static_cast<std::size_t>(width));
  for (int x = 0; x < width; ++x) {
    const double position = x / cell_px;
    column[static_cast<std::size_t>(x)] = static_cast<int>(position);
    const auto t = static_cast<float>(position - std::floor(position));
    weight[static_cast<std::size_t>(x)] = t * t * (3 - 2 * t);
  }
  Field noise(width, height);
  std::vector<float> blended(static_cast<std::size_t>(columns));
  for (int y = 0; y < height; ++y) {
    const double position = y / cell_px;
    const int row = static_cast<int>(position);
    const auto t = static_cast<float>(position - row);
    const float down = t * t * (3 - 2 * t);
    for (int c = 0; c < columns; ++c) {
      const float above = lattice.row(row)[c];
      blended[static_cast<std::size_t>(c)] = above + down * (lattice.row(row + 1)[c] - above);
    }
    for (std::size_t x = 0; x < column.size(); ++x) {
      const float left = blended[static_cast<std::size_t>(column[x])];
      const float right = blended[static_cast<std::size_t>(column[x]) + 1];
      noise.row(y)[x] = left + weight[x] * (right - left);
    }
  }
  return noise;
}

// Where each pixel lies on the finger: exact every kStep pixels, bilinear between (the map bends over tens of pixels).
class Warp {
 public:
  explicit Warp(const Capture& capture) : columns_(capture.width_px / kStep + 2) {
    const int rows = capture.height_px / kStep + 2;
    for (int row = 0; row < rows; ++row)
      for (int column = 0; column < columns_; ++column)
        nodes_.push_back(capture.to_finger({static_cast<double>(column * kStep), static_cast<double>(row * kStep)}));
  }

  Point operator()(int x, int y) const {
    const auto at = static_cast<std::size_t>(y / kStep * columns_ + x / kStep);
    const auto below = at + static_cast<std::size_t>(columns_);
    const double right = static_cast<double>(x % kStep) / kStep;
    const double down = static_cast<double>(y % kStep) / kStep;
    const Point top = between(nodes_[at], nodes_[at + 1], right);
    const Point bottom = between(nodes_[below], nodes_[below + 1], right);
    return between(top, bottom, down);
  }

 private:
  static constexpr int kStep = 8;
  static Point between(Point a, Point b, double t) {
    return {a.x_px + t * (b.x_px - a.x_px), a.y_px + t * (b.y_px - a.y_px)};
  }
  int columns_;
  std::vector<Point> nodes_;
};

// Bilinear weights of a point of the canvas, shared by the fields of a finger.
struct Sampler {
  int x = 0;
  int y = 0;
  float right = 0;
  float down = 0;

  // False outside the canvas.
  bool aim(Point at) {
    if (!(at.x_px >= 0 && at.y_px >= 0 && at.x_px < kFingerWidth_px - 1 && at.y_px < kFingerHeight_px - 1))
      return false;
    x = static_cast<int>(at.x_px);
    y = static_cast<int>(at.y_px);
    right = static_cast<float>(at.x_px - x);
    down = static_cast<float>(at.y_px - y);
    return true;
  }
  float of(const Field& field) const {
    const float* top = field.row(y) + x;
    const float* bottom = field.row(y + 1) + x;
    const float above = top[0] + right * (top[1] - top[0]);
    const float below = bottom[0] + right * (bottom[1] - bottom[0]);
    return above + down * (below - above);
  }
};

float ramp(float low, float high, float x) {
  return std::clamp((x - low) / (high - low), 0.0F, 1.0F);
}

// How firmly each pixel's skin touches the glass: above 0 it leaves ink.
class Contact {
 public:
  Contact(const Finger& finger, const Capture& capture, Random& random)
      : finger_(finger),
        capture_(capture),
        slow_(make_noise(capture.width_px, capture.height_px, 46, random)),
        middle_(make_noise(capture.width_px, capture.height_px, 13, random)),
        fine_(make_noise(capture.width_px, capture.height_px, 3.6, random)) {}

  float at(int x, int y, Point on_finger) const {
    Sampler sampler;
    if (!sampler.aim(on_finger)) return -2;
    const Condition& condition = capture_.condition;
    const float slow = slow_.row(y)[x];
    const float middle = middle_.row(y)[x];
    const float fine = fine_.row(y)[x];
    const auto reach = static_cast<float>(capture_.contact.reach(on_finger)) + 0.06F * slow + 0.03F * middle;
    if (reach > 1.2F) return -2;
    // Pressure falls towards the rim: ridges get thin, then dotted, then vanish.
    const float rim = ramp(0.78F, 1.12F, reach);
    float firmness = sampler.of(finger_.skin) + 0.55F * static_cast<float>(condition.pressure);
    firmness += static_cast<float>(condition.unevenness) * (0.9F * slow + 0.45F * middle);
    firmness -= 1.9F * rim * rim + 0.5F * rim * std::max(0.0F, fine);
    firmness -= static_cast<float>(condition.dryness) * (0.55F + 1.6F * std::max(0.0F, fine + 0.35F * middle));
    firmness += static_cast<float>(condition.wetness) * (0.35F + 1.3F * std::max(0.0F, 0.6F * middle + 0.6F * slow));
    firmness += 0.45F * fine * static_cast<float>(std::min(1.0, condition.grain));
    firmness -= 1.3F * static_cast<float>(condition.pores) * sampler.of(finger_.pores);
    firmness -= 2.4F * static_cast<float>(condition.creases) * sampler.of(finger_.creases);
    return firmness;
  }

 private:
  const Finger& finger_;
  const Capture& capture_;
  Field slow_;
  Field middle_;
  Field fine_;
};

// Ink 0 .. 1 of every pixel.
Field take_print(const Finger& finger, const Capture& capture, Random& random) {
  const Contact contact(finger, capture, random);
  const Warp warp(capture);
  Field ink(capture.width_px, capture.height_px);
  for (int y = 0; y < ink.height; ++y)
    for (int x = 0; x < ink.width; ++x) ink.row(y)[x] = ramp(-0.4F, 0.5F, contact.at(x, y, warp(x, y)));
  return ink;
}

// A thin straight line without ink, as of a scratch on the glass or a hair.
void scratch(Field& ink, Random& random) {
  double x = random.uniform(0, ink.width);
  double y = random.uniform(0, ink.height);
  const double heading = random.uniform(0, 6.2832);
  const double length_px = random.uniform(20, 110);
  for (double gone = 0; gone < length_px; gone += 0.5) {
    const int px = static_cast<int>(std::floor(x));
    const int py = static_cast<int>(std::floor(y));
    if (px >= 0 && py >= 0 && px < ink.width - 1 && py < ink.height - 1) {
      ink.row(py)[px] *= 0.35F;
      ink.row(py)[px + 1] *= 0.6F;
      ink.row(py + 1)[px] *= 0.6F;
    }
    x += std::cos(heading);
    y += std::sin(heading);
  }
}

// A grain of dust or a droplet, anywhere on the glass.
void speck(Field& ink, Random& random) {
  const double x = random.uniform(0, ink.width);
  const double y = random.uniform(0, ink.height);
  const double radius_px = random.uniform(0.8, 2.6);
  const auto strength = static_cast<float>(random.uniform(0.2, 0.8));
  for (int py = std::max(0, static_cast<int>(y - radius_px)); py < std::min<double>(ink.height, y + radius_px); ++py)
    for (int px = std::max(0, static_cast<int>(x - radius_px)); px < std::min<double>(ink.width, x + radius_px); ++px)
      if ((px - x) * (px - x) + (py - y) * (py - y) <= radius_px * radius_px)
        ink.row(py)[px] = std::max(ink.row(py)[px], strength);
}

// 1 2 1 in both directions: the reader's optics.
void blur(Field& ink) {
  Field across = ink;
  for (int y = 0; y < ink.height; ++y)
    for (int x = 1; x + 1 < ink.width; ++x)
      across.row(y)[x] = 0.25F * (ink.row(y)[x - 1] + ink.row(y)[x + 1]) + 0.5F * ink.row(y)[x];
  for (int y = 1; y + 1 < ink.height; ++y)
    for (int x = 0; x < ink.width; ++x)
      ink.row(y)[x] = 0.25F * (across.row(y - 1)[x] + across.row(y + 1)[x]) + 0.5F * across.row(y)[x];
}

Image develop(const Field& ink, const Capture& capture, Random& random) {
  const Field shade = make_noise(ink.width, ink.height, 160, random);
  const auto contrast = static_cast<float>(capture.condition.contrast);
  const auto grain = static_cast<float>(capture.condition.grain);
  const float paper = 255.0F - 2.5F * grain;
  Image image{ink.width, ink.height, limits::image_dpi_default, {}};
  image.pixels.resize(ink.values.size());
  std::size_t i = 0;
  std::uint64_t bits = 0;
  for (int y = 0; y < ink.height; ++y) {
    for (int x = 0; x < ink.width; ++x, ++i) {
      if (i % 8 == 0) bits = random.next();
      const float noise = static_cast<float>(bits & 0xff) / 127.5F - 1.0F;
      bits >>= 8;
      const float grey = paper + grain * (noise + shade.row(y)[x]) - 235.0F * contrast * ink.values[i];
      image.pixels[i] = static_cast<std::uint8_t>(std::clamp(grey + 0.5F, 0.0F, 255.0F));
    }
  }
  return image;
}

}  // namespace

Image render(const Finger& finger, const Capture& capture) {
  QORGAN_ASSERT(finger.skin.width == kFingerWidth_px && finger.skin.height == kFingerHeight_px);
  Random random(derive_seed(capture.noise_seed, 5));
  Field ink = take_print(finger, capture, random);
  for (int i = 0; i < capture.condition.scratches; ++i) scratch(ink, random);
  for (int i = 0; i < capture.condition.specks; ++i) speck(ink, random);
  blur(ink);
  return develop(ink, capture, random);
}

Image impression(const Finger& finger, std::uint64_t impression_seed, const ImpressionOptions& options) {
  return render(finger, draw_capture(finger.pattern.centre(), impression_seed, options));
}

}  // namespace qorgan::finger::synth
