#include "finger/extract.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "base/limits.h"
#include "finger/dislocation.h"
#include "finger/extract_stages.h"
#include "finger/field.h"
#include "finger/quality_print.h"
#include "finger/refine.h"
#include "finger/segment.h"

namespace qorgan::finger {

namespace {

float direction_of(cv::Point2f towards) {
  const float angle = std::atan2(-towards.y, towards.x);
  const float turn = 2 * static_cast<float>(CV_PI);
  return angle < 0 ? (angle + turn >= turn ? 0.0F : angle + turn) : angle;
}

Status check_picture(const Image& image) {
  const auto [least, most] = std::minmax(image.width_px, image.height_px);
  if (image.dpi < limits::image_dpi_min || image.dpi > limits::image_dpi_max || least < limits::image_side_px_min) {
    return failure(ErrorCode::invalid_input,
                   fmt::format("no print can be read from a picture of {} x {} pixels at {} dpi", image.width_px,
                               image.height_px, image.dpi),
                   {},
                   fmt::format("Each side must have at least {} pixels, at {} to {} dpi", limits::image_side_px_min,
                               limits::image_dpi_min, limits::image_dpi_max));
  }
  if (std::int64_t{most} * limits::image_dpi_default > std::int64_t{limits::print_side_px_max} * image.dpi) {
    return failure(ErrorCode::invalid_input,
                   fmt::format("the picture is {:.0f} mm long, too large for a finger", most * 25.4 / image.dpi), {},
                   "Cut out the finger, or give the picture's true resolution (--dpi)");
  }
  return {};
}

// Callers work on many prints at once; the library's own threads would only get in each other's way.
void use_one_thread() {
  static const bool done = [] {
    cv::setNumThreads(1);
    return true;
  }();
  static_cast<void>(done);
}

}  // namespace

Stages run_stages(const Image& image, const ExtractSettings& settings) {
  Stages s;
  s.print = normalise(image, settings);
  s.orientation = estimate_orientation(s.print.grey, settings);
  s.frequency = estimate_frequency(s.print.grey, s.orientation, settings);
  s.foreground = segment(s.print, s.frequency, settings);
  s.wave = filter_waves(s.print.grey, s.orientation, s.frequency, s.foreground.mask, kCoarseStep, settings);
  refine(s.wave, settings, s.orientation, s.frequency);
  s.wave = filter_waves(s.print.grey, s.orientation, s.frequency, s.foreground.mask, kFineStep, settings);
  s.dislocations = find_dislocations(s.wave);
  s.evidence = weigh(s.dislocations, s.wave, s.print, s.orientation, s.frequency, s.foreground);
  return s;
}

Minutiae read_minutiae(const Stages& s, const ExtractSettings& settings) {
  Minutiae out;
  out.width_px = s.print.width_px;
  out.height_px = s.print.height_px;
  const std::vector<bool> blemish = find_blemishes(s.dislocations, settings);
  for (std::size_t i = 0; i < s.dislocations.size(); ++i) {
    const Dislocation& d = s.dislocations[i];
    const Evidence& e = s.evidence[i];
    const int quality = minutia_quality(e);
    if (blemish[i] || quality < settings.quality_min) continue;
    if (d.at_px.x >= static_cast<float>(out.width_px) || d.at_px.y >= static_cast<float>(out.height_px)) continue;
    Minutia m;
    m.x_px = d.at_px.x;
    m.y_px = d.at_px.y;
    m.direction_rad = direction_of(d.towards);
    m.type = d.type;
    m.quality = quality;
    out.points.push_back(m);
  }
  std::stable_sort(out.points.begin(), out.points.end(),
                   [](const Minutia& a, const Minutia& b) { return a.quality > b.quality; });
  if (out.points.size() > limits::minutiae_max) out.points.resize(limits::minutiae_max);
  out.quality = print_quality(out.points, clear_share(s.wave));
  return out;
}

Result<Minutiae> extract(const Image& image) {
  QORGAN_ASSERT(image.pixels.size() ==
                static_cast<std::size_t>(image.width_px) * static_cast<std::size_t>(image.height_px));
  QORGAN_CHECK(check_picture(image));
  use_one_thread();
  const ExtractSettings settings;
  Minutiae out;
  try {
    out = read_minutiae(run_stages(image, settings), settings);
  } catch (const cv::Exception& error) {
    return failure(ErrorCode::internal, std::string("the picture library failed: ") + error.what());
  }
  if (out.points.size() < limits::template_rows_used_min) {
    return failure(ErrorCode::low_quality, "only " + std::to_string(out.points.size()) + " minutiae found", {},
                   "Clean the finger and the glass, press a little harder and take the print again");
  }
  return out;
}

}  // namespace qorgan::finger
