// Pictures of fingers: PNG, TIFF, BMP, PGM, 8 bits a channel, grey or colour.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace qorgan::finger {

// An 8-bit grey picture, rows from the top, no padding; dark ridges on a light ground.
struct Image {
  int width_px = 0;
  int height_px = 0;
  int dpi = 0;  // as the file says or the caller gave, limits::image_dpi_min..image_dpi_max
  std::vector<std::uint8_t> pixels;
};

// Decodes a file. The resolution is `dpi` where given, else the file's own tag (PNG pHYs, TIFF X/YResolution, BMP
// pixels per metre), else 500. Errors: not_found, invalid_input (not an image, truncated, 16 bits a channel, too small
// or too large, resolution outside 250..1000 or different across and down, empty or of one brightness).
Result<Image> load_image(const std::filesystem::path& path, std::optional<int> dpi = {});
// The same from bytes; `name` stands in errors.
Result<Image> decode_image(ByteView file, const std::string& name, std::optional<int> dpi = {});
// A PNG that carries its resolution, in memory and in a file. Errors: internal; save_png also storage_full,
// unavailable.
Result<Bytes> encode_png(const Image& image);
Status save_png(const Image& image, const std::filesystem::path& path);

}  // namespace qorgan::finger
