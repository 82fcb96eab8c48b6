#include <optional>

#include "finger/image_header.h"

namespace qorgan::finger {

namespace {

bool is_space(std::uint8_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_digit(std::uint8_t c) {
  return c >= '0' && c <= '9';
}

// The next number after white space and comments (from # to the line's end); more than 65535 is none.
std::optional<int> next_number(ByteView file, std::size_t& at) {
  while (at < file.size() && (is_space(file[at]) || file[at] == '#')) {
    if (file[at] == '#') {
      while (at < file.size() && file[at] != '\n' && file[at] != '\r') ++at;
    } else {
      ++at;
    }
  }
  if (at >= file.size() || !is_digit(file[at])) return std::nullopt;
  int value = 0;
  for (; at < file.size() && is_digit(file[at]); ++at) {
    value = value * 10 + (file[at] - '0');
    if (value > 65535) return std::nullopt;
  }
  return value;
}

}  // namespace

// Netpbm, pgm(5).
Result<ImageHeader> read_pgm_header(ByteView file, const std::string& name) {
  ImageHeader header;
  header.format = ImageFormat::pgm;
  header.grey = true;
  header.text = file[1] == '2';
  std::size_t at = 2;
  const std::optional<int> width = next_number(file, at);
  const std::optional<int> height = width ? next_number(file, at) : std::nullopt;
  const std::optional<int> brightest = height ? next_number(file, at) : std::nullopt;
  if (!brightest || at >= file.size() || !is_space(file[at])) return truncated_image(name);
  QORGAN_CHECK(check_image_size(*width, *height, name));
  if (*brightest > 255) return unsupported_image("the picture has 16 bits a channel", name);
  if (*brightest < 1) return truncated_image(name);
  header.width_px = *width;
  header.height_px = *height;
  header.brightest = *brightest;
  header.pixels_begin = at + 1;
  const std::size_t count = static_cast<std::size_t>(*width) * static_cast<std::size_t>(*height);
  // A number in text takes a digit and, but for the last, a space.
  const std::size_t least_bytes = header.text ? 2 * count - 1 : count;
  if (file.size() - header.pixels_begin < least_bytes) return truncated_image(name);
  return header;
}

}  // namespace qorgan::finger
