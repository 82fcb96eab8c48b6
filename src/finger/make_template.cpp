#include "finger/make_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "base/limits.h"

namespace qorgan::finger {
namespace {

void fill_row(std::span<std::int8_t, kWidth> row, const Minutia& minutia,
              const std::array<std::uint8_t, kSignCount>& signs) {
  std::copy(signs.begin(), signs.end(), row.begin());
  row[kCountEntry] = static_cast<std::int8_t>(std::accumulate(signs.begin(), signs.end(), 0));
  row[kUsedEntry] = 1;
  const DirectionEntries direction = direction_entries(minutia.direction_rad);
  row[kCosEntry] = direction.cosine;
  row[kSinEntry] = direction.sine;
}

// 1/256 of a turn, counter-clockwise.
std::uint8_t turn_256(double angle_rad) {
  const double steps = angle_rad * (128 / std::numbers::pi);
  return static_cast<std::uint8_t>(static_cast<long>(std::lround(steps)) & 0xFF);
}

Relations make_relations(const std::vector<Minutia>& rows) {
  Relations made;
  for (std::size_t k = 1; k < rows.size(); ++k) {
    for (std::size_t j = 0; j < k; ++j) {
      const double right_px = static_cast<double>(rows[k].x_px) - static_cast<double>(rows[j].x_px);
      const double up_px = static_cast<double>(rows[j].y_px) - static_cast<double>(rows[k].y_px);
      const double line_rad = std::atan2(up_px, right_px);
      const auto half_px = static_cast<int>(std::lround(std::hypot(right_px, up_px) / 2));
      const std::size_t at = relation_index(j, k);
      made.distance[at] = static_cast<std::uint8_t>(std::min(kDistanceUsedMin + half_px, kDistanceUsedMax));
      made.bearing[at] = turn_256(line_rad - static_cast<double>(rows[j].direction_rad));
      made.bearing_back[at] = turn_256(line_rad + std::numbers::pi - static_cast<double>(rows[k].direction_rad));
    }
  }
  return made;
}

}  // namespace

DirectionEntries direction_entries(float direction_rad) {
  // The vectors lie at 0, 33.69, 56.31 and 90 degrees; a step ends half-way to the next.
  constexpr std::array<DirectionEntries, 3> kQuarter = {{{4, 0}, {3, 2}, {2, 3}}};
  constexpr std::array<double, 3> kStepEnds_deg = {16.845, 45, 73.155};
  const double degrees = static_cast<double>(direction_rad) * (180 / std::numbers::pi);
  const double quarters = std::floor(degrees / 90);
  const auto end = std::upper_bound(kStepEnds_deg.begin(), kStepEnds_deg.end(), degrees - 90 * quarters);
  const auto step = static_cast<std::size_t>(end - kStepEnds_deg.begin());
  DirectionEntries entries = kQuarter[step % kQuarter.size()];
  const int turns = (static_cast<int>(quarters) + static_cast<int>(step / kQuarter.size())) & 3;
  for (int i = 0; i < turns; ++i) entries = {static_cast<std::int8_t>(-entries.sine), entries.cosine};
  return entries;
}

Result<Template> make_template(const Minutiae& minutiae, const Projection& projection) {
  const std::vector<Cylinder> cylinders = make_cylinders(minutiae.points);
  if (cylinders.size() < limits::template_rows_used_min) {
    return failure(ErrorCode::low_quality,
                   fmt::format("only {} of {} minutiae have enough of the print around them, and {} are needed",
                               cylinders.size(), minutiae.points.size(), limits::template_rows_used_min),
                   {}, "Take the print again: clean and dry the finger, press it flat and whole");
  }
  Template made;
  const int rows = std::min(kRows, static_cast<int>(cylinders.size()));
  std::vector<Minutia> related;
  for (int i = 0; i < rows; ++i) {
    const Cylinder& cylinder = cylinders[static_cast<std::size_t>(i)];
    if (related.size() < kFineRows) related.push_back(minutiae.points[cylinder.minutia]);
    fill_row(made.row(i), minutiae.points[cylinder.minutia], projected_signs(projection, cylinder));
  }
  made.relations = make_relations(related);
  return made;
}

Result<Template> make_template(const Minutiae& minutiae) {
  return make_template(minutiae, default_projection());
}

}  // namespace qorgan::finger
