#include <cstdlib>

#include "finger/image_header.h"
#include "finger/little_endian.h"

namespace qorgan::finger {

namespace {

constexpr std::size_t kFileHeaderBytes = 14;
constexpr std::uint32_t kInfoHeaderBytes = 40;
constexpr std::uint32_t kInfoHeaderV5Bytes = 124;
constexpr std::uint32_t kNotCompressed = 0;
constexpr double kMetresPerInch = 0.0254;

// Bytes of a row, which is padded to whole 32-bit words.
std::uint64_t row_bytes(std::uint64_t width_px, std::uint64_t bits_per_pixel) {
  return (width_px * bits_per_pixel + 31) / 32 * 4;
}

Status check_palette(ByteView file, std::uint32_t info_bytes, std::uint32_t pixels_at, const std::string& name) {
  const std::uint32_t named = read_u32_low_first(file.subspan(46));
  if (named > 256) return truncated_image(name);
  const std::uint64_t colours = named == 0 ? 256 : named;
  if (kFileHeaderBytes + info_bytes + 4 * colours > pixels_at) return truncated_image(name);
  return {};
}

}  // namespace

// BITMAPFILEHEADER, then BITMAPINFOHEADER or a later form of it, which begin alike (Windows GDI, "Bitmap Storage").
Result<ImageHeader> read_bmp_header(ByteView file, const std::string& name) {
  if (file.size() < kFileHeaderBytes + kInfoHeaderBytes) return truncated_image(name);
  const std::uint32_t pixels_at = read_u32_low_first(file.subspan(10));
  const std::uint32_t info_bytes = read_u32_low_first(file.subspan(14));
  if (info_bytes < kInfoHeaderBytes || info_bytes > kInfoHeaderV5Bytes)
    return unsupported_image("a BMP picture of an unknown kind", name);
  const std::int64_t width = static_cast<std::int32_t>(read_u32_low_first(file.subspan(18)));
  const std::int64_t height = std::llabs(static_cast<std::int32_t>(read_u32_low_first(file.subspan(22))));
  QORGAN_CHECK(check_image_size(width, height, name));
  const std::uint16_t bits = read_u16_low_first(file.subspan(28));
  if (bits != 8 && bits != 24 && bits != 32)
    return unsupported_image("a BMP picture of " + std::to_string(bits) + " bits a pixel", name);
  if (read_u32_low_first(file.subspan(30)) != kNotCompressed)
    return unsupported_image("a compressed BMP picture", name);
  if (bits == 8) QORGAN_CHECK(check_palette(file, info_bytes, pixels_at, name));
  const std::uint64_t end =
      pixels_at + row_bytes(static_cast<std::uint64_t>(width), bits) * static_cast<std::uint64_t>(height);
  if (pixels_at < kFileHeaderBytes + info_bytes || end > file.size()) return truncated_image(name);

  ImageHeader header;
  header.format = ImageFormat::bmp;
  header.width_px = static_cast<int>(width);
  header.height_px = static_cast<int>(height);
  const std::uint32_t across_per_metre = read_u32_low_first(file.subspan(38));
  const std::uint32_t down_per_metre = read_u32_low_first(file.subspan(42));
  if (across_per_metre != 0 || down_per_metre != 0)
    header.resolution = Resolution{across_per_metre * kMetresPerInch, down_per_metre * kMetresPerInch};
  return header;
}

}  // namespace qorgan::finger
