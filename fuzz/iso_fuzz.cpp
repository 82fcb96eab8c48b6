// An ISO/IEC 19794-2 record: what is read keeps its promises, can be made a template and reads back as written.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/limits.h"
#include "finger/iso.h"
#include "finger/make_template.h"

using qorgan::finger::IsoRecord;
using qorgan::finger::IsoView;
using qorgan::finger::Minutia;

namespace {

void check_view(const IsoView& view) {
  const auto& points = view.minutiae.points;
  QORGAN_ASSERT(points.size() <= qorgan::limits::minutiae_max);
  QORGAN_ASSERT(view.minutiae.quality >= 0 && view.minutiae.quality <= 100 && view.impression_type <= 15);
  for (const Minutia& point : points) {
    QORGAN_ASSERT(point.x_px >= 0 && point.x_px <= static_cast<float>(view.minutiae.width_px));
    QORGAN_ASSERT(point.y_px >= 0 && point.y_px <= static_cast<float>(view.minutiae.height_px));
    QORGAN_ASSERT(point.direction_rad >= 0 && point.direction_rad < 6.2832F);
    QORGAN_ASSERT(point.quality >= 0 && point.quality <= 100);
  }
  QORGAN_ASSERT(std::ranges::is_sorted(points, std::ranges::greater{}, &Minutia::quality));
  // Either a template or a word why not: never a stop.
  static_cast<void>(qorgan::finger::make_template(view.minutiae));
}

// Writing rounds, so that only what has been written once comes back alike.
void check_second_writing(const IsoRecord& record) {
  const auto once = qorgan::finger::write_iso_record(record);
  if (!once) return;
  const auto again = qorgan::finger::read_iso_record(*once, "again");
  QORGAN_ASSERT(again.has_value());
  const auto twice = qorgan::finger::write_iso_record(*again);
  QORGAN_ASSERT(twice.has_value() && *twice == *once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto record = qorgan::finger::read_iso_record({data, size}, "fuzz");
  if (!record) {
    QORGAN_ASSERT(!record.error().what.empty() && record.error().where == "fuzz");
    return 0;
  }
  QORGAN_ASSERT(!record->views.empty() && record->views.size() <= qorgan::limits::iso_views_max);
  for (const IsoView& view : record->views) check_view(view);
  check_second_writing(*record);
  return 0;
}
