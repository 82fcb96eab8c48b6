#include "finger/extract.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/limits.h"
#include "finger/dislocation.h"
#include "finger/extract_stages.h"
#include "finger/field.h"
#include "finger/refine.h"
#include "finger/segment.h"

namespace qorgan::finger {

namespace {

float direction_of(cv::Point2f towards) {
  const float angle = std::atan2(-towards.y, towards.x);
  const float turn = 2 * static_cast<float>(CV_PI);
  return angle < 0 ? (angle + turn >= turn ? 0.0F : angle + turn) : angle;
}

} // namespace

Stages run_stages(const Image &image, const ExtractSettings &settings) {
  Stages s;
  s.print = normalise(image, settings);
  s.orientation = estimate_orientation(s.print.grey, settings);
  s.frequency = estimate_frequency(s.print.grey, s.orientation, settings);
  s.foreground = segment(s.print, s.frequency, settings);
  s.wave = filter_waves(s.print.grey, s.orientation, s.frequency,
                        s.foreground.mask, kCoarseStep, settings);
  refine(s.wave, settings, s.orientation, s.frequency);
  s.wave = filter_waves(s.print.grey, s.orientation, s.frequency,
                        s.foreground.mask, kFineStep, settings);
  s.dislocations = find_dislocations(s.wave);
  s.evidence = weigh(s.dislocations, s.wave, s.print, s.orientation,
                     s.frequency, s.foreground);
  return s;
}

Minutiae read_minutiae(const Stages &s, const ExtractSettings &settings) {
  Minutiae out;
  out.width_px = s.print.width_px;
  out.height_px = s.print.height_px;
  const std::vector<bool> blemish = find_blemishes(s.dislocations, settings);
  for (std::size_t i = 0; i < s.dislocations.size(); ++i) {
    const Dislocation &d = s.dislocations[i];
    const Evidence &e = s.evidence[i];
    if (blemish[i] || e.border_px < settings.border_min)
      continue;
    if (d.at_px.x >= static_cast<float>(out.width_px) ||
        d.at_px.y >= static_cast<float>(out.height_px))
      continue;
    const float inner = std::min(1.0F, e.border_px / 32);
    Minutia m;
    m.x_px = d.at_px.x;
    m.y_px = d.at_px.y;
    m.direction_rad = direction_of(d.towards);
    m.type = d.type;
    m.quality = std::clamp(static_cast<int>(100 * e.clarity * inner), 0, 100);
    out.points.push_back(m);
  }
  std::stable_sort(
      out.points.begin(), out.points.end(),
      [](const Minutia &a, const Minutia &b) { return a.quality > b.quality; });
  if (out.points.size() > limits::minutiae_max)
    out.points.resize(limits::minutiae_max);
  return out;
}

Result<Minutiae> extract(const Image &image) {
  const ExtractSettings settings;
  const Stages stages = run_stages(image, settings);
  Minutiae out = read_minutiae(stages, settings);
  if (out.points.size() < limits::template_rows_used_min) {
    return failure(
        ErrorCode::low_quality,
        "only " + std::to_string(out.points.size()) + " minutiae found", {},
        "Clean the finger and the glass, press a little harder and take the "
        "print again");
  }
  return out;
}

} // namespace qorgan::finger
