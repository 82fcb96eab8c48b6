// Minutiae as text: what is read lies within its limits and can be written and read again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/limits.h"
#include "finger/make_template.h"
#include "finger/minutiae_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto minutiae = qorgan::finger::parse_minutiae_text(text, "fuzz");
  if (!minutiae) return 0;
  QORGAN_ASSERT(minutiae->points.size() <= qorgan::limits::minutiae_max);
  for (const qorgan::finger::Minutia& point : minutiae->points)
    QORGAN_ASSERT(point.x_px < static_cast<float>(minutiae->width_px) && point.quality <= 100);
  const auto again = qorgan::finger::parse_minutiae_text(qorgan::finger::format_minutiae_text(*minutiae), "again");
  QORGAN_ASSERT(again.has_value() && again->points.size() == minutiae->points.size());
  static_cast<void>(qorgan::finger::make_template(*minutiae));
  return 0;
}
