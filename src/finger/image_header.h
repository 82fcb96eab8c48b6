// What a picture file says of itself, read before anything is decoded.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace qorgan::finger {

enum class ImageFormat { png, tiff, bmp, pgm };

struct Resolution {
  double across_dpi = 0;
  double down_dpi = 0;
};

struct ImageHeader {
  ImageFormat format = ImageFormat::png;
  int width_px = 0;
  int height_px = 0;
  bool grey = false;                     // one channel, no palette
  std::optional<Resolution> resolution;  // absent where the file has none, or one without a unit
  std::size_t pixels_begin = 0;          // PGM only: where the pixels start
  int brightest = 255;                   // PGM only: the value of white
  bool text = false;                     // PGM only: numbers in text (P2)
};

// Reads the header and checks that the whole file is there: PNG (ISO/IEC 15948:2004) up to IEND with every CRC,
// TIFF 6.0 and BMP with all pixel bytes that the header promises, PGM (Netpbm) the same. Allocates nothing. Errors:
// invalid_input.
Result<ImageHeader> read_image_header(ByteView file, const std::string& name);

// The parts, one a format; the file begins with that format's mark.
Result<ImageHeader> read_png_header(ByteView file, const std::string& name);
Result<ImageHeader> read_tiff_header(ByteView file, const std::string& name);
Result<ImageHeader> read_bmp_header(ByteView file, const std::string& name);
Result<ImageHeader> read_pgm_header(ByteView file, const std::string& name);

// The check value of a PNG chunk, over its type and data (ISO/IEC 15948:2004, annex D).
std::uint32_t png_crc(ByteView bytes);

// The errors that all formats share.
tl::unexpected<Error> truncated_image(const std::string& name);
tl::unexpected<Error> unsupported_image(const std::string& what, const std::string& name);
Status check_image_size(std::int64_t width_px, std::int64_t height_px, const std::string& name);

}  // namespace qorgan::finger
