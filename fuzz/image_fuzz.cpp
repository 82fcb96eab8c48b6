// A picture of any kind: what is decoded keeps its promises; nothing else is done with it.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/limits.h"
#include "finger/image.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto image = qorgan::finger::decode_image({data, size}, "fuzz");
  if (!image) {
    QORGAN_ASSERT(!image.error().what.empty() && image.error().where == "fuzz");
    return 0;
  }
  QORGAN_ASSERT(std::min(image->width_px, image->height_px) >= qorgan::limits::image_side_px_min);
  QORGAN_ASSERT(std::max(image->width_px, image->height_px) <= qorgan::limits::image_side_px_max);
  QORGAN_ASSERT(image->dpi >= qorgan::limits::image_dpi_min && image->dpi <= qorgan::limits::image_dpi_max);
  QORGAN_ASSERT(image->pixels.size() ==
                static_cast<std::size_t>(image->width_px) * static_cast<std::size_t>(image->height_px));
  return 0;
}
