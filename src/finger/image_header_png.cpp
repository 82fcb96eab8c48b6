#include <array>
#include <string_view>

#include "finger/image_header.h"

namespace qorgan::finger {

namespace {

constexpr std::size_t kSignatureBytes = 8;
constexpr std::size_t kChunkFrameBytes = 12;  // length, type and CRC around the data
constexpr double kMetresPerInch = 0.0254;

// ISO/IEC 15948:2004, annex D.
std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t n = 0; n < 256; ++n) {
    std::uint32_t c = n;
    for (int bit = 0; bit < 8; ++bit) c = (c & 1U) != 0 ? 0xEDB88320U ^ (c >> 1) : c >> 1;
    table[n] = c;
  }
  return table;
}

struct Chunk {
  std::string_view type;
  ByteView data;
  std::size_t next = 0;
};

Result<Chunk> chunk_at(ByteView file, std::size_t at, const std::string& name) {
  if (file.size() - at < kChunkFrameBytes) return truncated_image(name);
  const std::size_t length = read_u32(file.subspan(at));
  if (length > file.size() - at - kChunkFrameBytes) return truncated_image(name);
  const ByteView type_and_data = file.subspan(at + 4, 4 + length);
  if (png_crc(type_and_data) != read_u32(file.subspan(at + 8 + length))) return truncated_image(name);
  return Chunk{{reinterpret_cast<const char*>(type_and_data.data()), 4},
               type_and_data.subspan(4),
               at + kChunkFrameBytes + length};
}

// 11.2.2
Status read_ihdr(ByteView data, ImageHeader& header, const std::string& name) {
  if (data.size() != 13) return truncated_image(name);
  QORGAN_CHECK(check_image_size(read_u32(data), read_u32(data.subspan(4)), name));
  header.width_px = static_cast<int>(read_u32(data));
  header.height_px = static_cast<int>(read_u32(data.subspan(4)));
  if (data[8] > 8) return unsupported_image("the picture has 16 bits a channel", name);
  header.grey = data[9] == 0;
  return {};
}

// 11.3.5.3: unit 1 is the metre; without a unit the numbers are an aspect ratio only.
void read_phys(ByteView data, ImageHeader& header) {
  if (data.size() != 9 || data[8] != 1) return;
  header.resolution = Resolution{read_u32(data) * kMetresPerInch, read_u32(data.subspan(4)) * kMetresPerInch};
}

}  // namespace

std::uint32_t png_crc(ByteView bytes) {
  static const std::array<std::uint32_t, 256> table = make_crc_table();
  std::uint32_t c = 0xFFFFFFFFU;
  for (const std::uint8_t byte : bytes) c = table[(c ^ byte) & 0xFFU] ^ (c >> 8);
  return c ^ 0xFFFFFFFFU;
}

Result<ImageHeader> read_png_header(ByteView file, const std::string& name) {
  ImageHeader header;
  header.format = ImageFormat::png;
  bool pixels = false;
  for (std::size_t at = kSignatureBytes;;) {
    QORGAN_TRY(const Chunk chunk, chunk_at(file, at, name));
    const bool first = at == kSignatureBytes;
    if (first != (chunk.type == "IHDR")) return truncated_image(name);
    if (first) QORGAN_CHECK(read_ihdr(chunk.data, header, name));
    if (chunk.type == "pHYs") read_phys(chunk.data, header);
    pixels = pixels || chunk.type == "IDAT";
    at = chunk.next;
    if (chunk.type == "IEND") break;
  }
  if (!pixels) return truncated_image(name);
  return header;
}

}  // namespace qorgan::finger
