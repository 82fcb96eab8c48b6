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
  for (int i = 0; i < rows; ++i) {
    const Cylinder& cylinder = cylinders[static_cast<std::size_t>(i)];
    fill_row(made.row(i), minutiae.points[cylinder.minutia], projected_signs(projection, cylinder));
  }
  return made;
}

Result<Template> make_template(const Minutiae& minutiae) {
  return make_template(minutiae, default_projection());
}

}  // namespace qorgan::finger
