// Picture files made by hand, so that every byte of them is known.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace qorgan::test {

// A picture of `channels` (1 grey, 3 colour) samples a pixel, rows from the top.
struct Picture {
  int width_px = 0;
  int height_px = 0;
  int channels = 1;
  Bytes samples;
};

Picture flat_picture(int width_px, int height_px, std::uint8_t grey);

// `depth` 16 writes every sample twice. Without pHYs.
Bytes png_file(const Picture& picture, int depth = 8);
// One PNG chunk with its length and check value.
Bytes png_chunk(const std::string& type, ByteView data);
// Without a resolution; grey by a palette.
Bytes bmp_file(const Picture& picture);

struct TiffEntry {
  std::uint16_t tag = 0;
  std::uint16_t type = 0;  // 3 SHORT, 4 LONG, 5 RATIONAL
  std::uint32_t count = 1;
  std::uint32_t value = 0;  // or the place of the values
};

// A TIFF of one uncompressed strip at byte 8, its directory at the end.
class TiffMaker {
 public:
  TiffMaker(const Picture& picture, bool low_first);

  // Appends values outside the directory and says where.
  std::uint32_t add_rational(std::uint32_t above, std::uint32_t below);
  std::uint32_t add_short_values(const std::vector<std::uint16_t>& values);
  // Width, length, bits, compression, photometric, offset, samples, rows a strip, byte count: in this order.
  std::vector<TiffEntry> entries();
  Bytes finish(const std::vector<TiffEntry>& entries) const;

 private:
  void u16(Bytes& out, std::uint16_t value) const;
  void u32(Bytes& out, std::uint32_t value) const;

  Picture picture_;
  bool low_first_;
  Bytes file_;
};

}  // namespace qorgan::test
