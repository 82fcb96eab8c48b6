#include "finger/image_header.h"

#include <algorithm>
#include <string_view>

#include "base/limits.h"

namespace qorgan::finger {

namespace {

bool begins_with(ByteView file, std::string_view mark) {
  if (file.size() < mark.size()) return false;
  for (std::size_t i = 0; i < mark.size(); ++i) {
    if (file[i] != static_cast<std::uint8_t>(mark[i])) return false;
  }
  return true;
}

}  // namespace

tl::unexpected<Error> truncated_image(const std::string& name) {
  return failure(ErrorCode::invalid_input, "the picture is damaged or cut short", name,
                 "Copy or scan it again: a part of a print must not pass for the whole");
}

tl::unexpected<Error> unsupported_image(const std::string& what, const std::string& name) {
  return failure(ErrorCode::invalid_input, what, name,
                 "Save the picture as PNG, TIFF, BMP or PGM with 8 bits a channel");
}

Status check_image_size(std::int64_t width_px, std::int64_t height_px, const std::string& name) {
  const std::int64_t least = std::min(width_px, height_px);
  const std::int64_t most = std::max(width_px, height_px);
  if (least >= limits::image_side_px_min && most <= limits::image_side_px_max) return {};
  return failure(ErrorCode::invalid_input,
                 "the picture is " + std::to_string(width_px) + " x " + std::to_string(height_px) + " pixels", name,
                 "Each side must have " + std::to_string(limits::image_side_px_min) + " to " +
                     std::to_string(limits::image_side_px_max) + " pixels: one finger, at 250 to 1000 dpi");
}

Result<ImageHeader> read_image_header(ByteView file, const std::string& name) {
  if (begins_with(file, "\x89PNG\r\n\x1a\n")) return read_png_header(file, name);
  if (begins_with(file, std::string_view("II*\0", 4)) || begins_with(file, std::string_view("MM\0*", 4)))
    return read_tiff_header(file, name);
  if (begins_with(file, "BM")) return read_bmp_header(file, name);
  if (begins_with(file, "P5") || begins_with(file, "P2")) return read_pgm_header(file, name);
  return unsupported_image("not a PNG, TIFF, BMP or PGM picture", name);
}

}  // namespace qorgan::finger
