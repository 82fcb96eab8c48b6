#include "tests/finger/picture_files.h"

#include <algorithm>

#include "finger/image_header.h"

namespace qorgan::test {

namespace {

void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_low_first(Bytes& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

// RFC 1950 with stored blocks of RFC 1951, 3.2.4: bytes as they are.
Bytes zlib_stored(ByteView data) {
  Bytes out = {0x78, 0x01};
  std::uint32_t a = 1;
  std::uint32_t b = 0;
  for (const std::uint8_t byte : data) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  while (true) {
    const std::size_t length = std::min<std::size_t>(data.size(), 65535);
    out.push_back(length == data.size() ? 1 : 0);
    append_low_first(out, static_cast<std::uint32_t>(length), 2);
    append_low_first(out, static_cast<std::uint32_t>(~length & 0xffffU), 2);
    append(out, data.first(length));
    data = data.subspan(length);
    if (data.empty()) break;
  }
  append_u32(out, b << 16 | a);
  return out;
}

}  // namespace

Picture flat_picture(int width_px, int height_px, std::uint8_t grey) {
  return {width_px, height_px, 1, Bytes(static_cast<std::size_t>(width_px * height_px), grey)};
}

Bytes png_chunk(const std::string& type, ByteView data) {
  Bytes chunk;
  append_u32(chunk, static_cast<std::uint32_t>(data.size()));
  append(chunk, as_bytes(type));
  append(chunk, data);
  append_u32(chunk, finger::png_crc(ByteView(chunk).subspan(4)));
  return chunk;
}

Bytes png_file(const Picture& picture, int depth) {
  Bytes head;
  append_u32(head, static_cast<std::uint32_t>(picture.width_px));
  append_u32(head, static_cast<std::uint32_t>(picture.height_px));
  append(head,
         Bytes{static_cast<std::uint8_t>(depth), static_cast<std::uint8_t>(picture.channels == 3 ? 2 : 0), 0, 0, 0});
  const auto row = static_cast<std::size_t>(picture.width_px * picture.channels);
  Bytes rows;
  for (std::size_t y = 0; y < static_cast<std::size_t>(picture.height_px); ++y) {
    rows.push_back(0);
    for (std::size_t i = 0; i < row; ++i) {
      for (int copies = 0; copies < depth / 8; ++copies) rows.push_back(picture.samples[y * row + i]);
    }
  }
  Bytes file = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  append(file, png_chunk("IHDR", head));
  append(file, png_chunk("IDAT", zlib_stored(rows)));
  append(file, png_chunk("IEND", {}));
  return file;
}

Bytes bmp_file(const Picture& picture) {
  const bool grey = picture.channels == 1;
  const std::uint32_t begin = 54 + (grey ? 1024 : 0);
  Bytes file = {'B', 'M'};
  append_low_first(file, 0, 4);
  append_low_first(file, 0, 4);
  append_low_first(file, begin, 4);
  append_low_first(file, 40, 4);
  append_low_first(file, static_cast<std::uint32_t>(picture.width_px), 4);
  append_low_first(file, static_cast<std::uint32_t>(picture.height_px), 4);
  append_low_first(file, 1, 2);
  append_low_first(file, grey ? 8 : 24, 2);
  for (int i = 0; i < 6; ++i) append_low_first(file, 0, 4);
  for (std::uint32_t i = 0; grey && i < 256; ++i) append_low_first(file, i * 0x010101U, 4);
  const auto row = static_cast<std::size_t>(picture.width_px * picture.channels);
  for (auto y = static_cast<std::size_t>(picture.height_px); y-- > 0;) {
    append(file, ByteView(picture.samples).subspan(y * row, row));
    while ((file.size() - begin) % 4 != 0) file.push_back(0);
  }
  return file;
}

TiffMaker::TiffMaker(const Picture& picture, bool low_first) : picture_(picture), low_first_(low_first) {
  file_ = low_first ? Bytes{'I', 'I', 42, 0} : Bytes{'M', 'M', 0, 42};
  u32(file_, 0);
  append(file_, picture.samples);
}

std::uint32_t TiffMaker::add_rational(std::uint32_t above, std::uint32_t below) {
  const auto at = static_cast<std::uint32_t>(file_.size());
  u32(file_, above);
  u32(file_, below);
  return at;
}

std::uint32_t TiffMaker::add_short_values(const std::vector<std::uint16_t>& values) {
  const auto at = static_cast<std::uint32_t>(file_.size());
  for (const std::uint16_t value : values) u16(file_, value);
  return at;
}

std::vector<TiffEntry> TiffMaker::entries() {
  const auto samples = static_cast<std::uint32_t>(picture_.channels);
  const TiffEntry bits = samples == 1 ? TiffEntry{258, 3, 1, 8} : TiffEntry{258, 3, 3, add_short_values({8, 8, 8})};
  const auto width = static_cast<std::uint32_t>(picture_.width_px);
  const auto height = static_cast<std::uint32_t>(picture_.height_px);
  return {{256, 3, 1, width},
          {257, 3, 1, height},
          bits,
          {259, 3, 1, 1},
          {262, 3, 1, samples == 1 ? 1U : 2U},
          {273, 4, 1, 8},
          {277, 3, 1, samples},
          {278, 3, 1, height},
          {279, 4, 1, static_cast<std::uint32_t>(picture_.samples.size())}};
}

Bytes TiffMaker::finish(const std::vector<TiffEntry>& entries) const {
  Bytes file = file_;
  u16(file, static_cast<std::uint16_t>(entries.size()));
  for (const TiffEntry& e : entries) {
    u16(file, e.tag);
    u16(file, e.type);
    u32(file, e.count);
    if (e.type == 3 && e.count == 1) {
      u16(file, static_cast<std::uint16_t>(e.value));
      u16(file, 0);
    } else {
      u32(file, e.value);
    }
  }
  u32(file, 0);
  Bytes place;
  u32(place, static_cast<std::uint32_t>(file_.size()));
  std::copy(place.begin(), place.end(), file.begin() + 4);
  return file;
}

void TiffMaker::u16(Bytes& out, std::uint16_t value) const {
  if (low_first_) {
    append_low_first(out, value, 2);
  } else {
    append_u16(out, value);
  }
}

void TiffMaker::u32(Bytes& out, std::uint32_t value) const {
  if (low_first_) {
    append_low_first(out, value, 4);
  } else {
    append_u32(out, value);
  }
}

}  // namespace qorgan::test
