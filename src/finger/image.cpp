#include "finger/image.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>

#include "base/file.h"
#include "base/limits.h"
#include "finger/image_header.h"

namespace qorgan::finger {

namespace {

constexpr double kMetresPerInch = 0.0254;

tl::unexpected<Error> bad_resolution(const std::string& what, const std::string& name) {
  return failure(ErrorCode::invalid_input, what, name,
                 "Give the true resolution, " + std::to_string(limits::image_dpi_min) + " to " +
                     std::to_string(limits::image_dpi_max) + " dpi (--dpi)");
}

Result<int> resolution_dpi(const ImageHeader& header, std::optional<int> given, const std::string& name) {
  int dpi = given.value_or(limits::image_dpi_default);
  if (!given && header.resolution) {
    const auto [across, down] = *header.resolution;
    // Written resolutions are rounded; a hundredth would move a minutia by less than the width of a ridge.
    if (!(std::abs(across - down) <= 0.01 * std::max(across, down)))
      return bad_resolution("the resolution across differs from that down", name);
    dpi = static_cast<int>(std::clamp(std::round(across), 0.0, 1e6));
  }
  if (dpi < limits::image_dpi_min || dpi > limits::image_dpi_max)
    return bad_resolution("the resolution is " + std::to_string(dpi) + " dpi", name);
  return dpi;
}

bool decode_binary_pgm(ByteView file, const ImageHeader& header, std::vector<std::uint8_t>& pixels) {
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const int value = file[header.pixels_begin + i];
    if (value > header.brightest) return false;
    pixels[i] = static_cast<std::uint8_t>(value * 255 / header.brightest);
  }
  return true;
}

bool decode_text_pgm(ByteView file, const ImageHeader& header, std::vector<std::uint8_t>& pixels) {
  std::size_t at = header.pixels_begin;
  for (std::uint8_t& pixel : pixels) {
    while (at < file.size() && (file[at] == ' ' || (file[at] >= '\t' && file[at] <= '\r'))) ++at;
    int value = 0;
    const std::size_t begin = at;
    while (at < file.size() && file[at] >= '0' && file[at] <= '9' && value <= header.brightest)
      value = value * 10 + (file[at++] - '0');
    if (at == begin || value > header.brightest) return false;
    pixel = static_cast<std::uint8_t>(value * 255 / header.brightest);
  }
  return true;
}

// The pixel libraries' part. They report failures by an empty result or by exceptions.
bool decode_with_library(ByteView file, const ImageHeader& header, std::vector<std::uint8_t>& pixels) {
  try {
    const cv::Mat bytes(1, static_cast<int>(file.size()), CV_8U, const_cast<std::uint8_t*>(file.data()));
    const int mode = (header.grey ? cv::IMREAD_GRAYSCALE : cv::IMREAD_COLOR) | cv::IMREAD_IGNORE_ORIENTATION;
    const cv::Mat decoded = cv::imdecode(bytes, mode);
    if (decoded.cols != header.width_px || decoded.rows != header.height_px || decoded.depth() != CV_8U) return false;
    cv::Mat grey(header.height_px, header.width_px, CV_8U, pixels.data());
    if (decoded.channels() == 1) {
      decoded.copyTo(grey);
    } else {
      cv::cvtColor(decoded, grey, cv::COLOR_BGR2GRAY);
    }
    return grey.data == pixels.data();
  } catch (const cv::Exception&) {
    return false;
  }
}

bool decode_pixels(ByteView file, const ImageHeader& header, std::vector<std::uint8_t>& pixels) {
  if (header.format != ImageFormat::pgm) return decode_with_library(file, header, pixels);
  return header.text ? decode_text_pgm(file, header, pixels) : decode_binary_pgm(file, header, pixels);
}

// ISO/IEC 15948:2004, 11.3.5.3, to be put right after IHDR.
Bytes phys_chunk(int dpi) {
  const auto per_metre = static_cast<std::uint32_t>(std::lround(dpi / kMetresPerInch));
  Bytes chunk;
  append_u32(chunk, 9);
  for (const char c : {'p', 'H', 'Y', 's'}) chunk.push_back(static_cast<std::uint8_t>(c));
  append_u32(chunk, per_metre);
  append_u32(chunk, per_metre);
  chunk.push_back(1);
  append_u32(chunk, png_crc(ByteView(chunk).subspan(4)));
  return chunk;
}

}  // namespace

Result<Image> decode_image(ByteView file, const std::string& name, std::optional<int> dpi) {
  if (file.size() > limits::image_file_bytes_max)
    return unsupported_image("the file is too long for the picture of a finger", name);
  QORGAN_TRY(const ImageHeader header, read_image_header(file, name));
  Image image;
  QORGAN_TRY(image.dpi, resolution_dpi(header, dpi, name));
  image.width_px = header.width_px;
  image.height_px = header.height_px;
  image.pixels.resize(static_cast<std::size_t>(header.width_px) * static_cast<std::size_t>(header.height_px));
  if (!decode_pixels(file, header, image.pixels)) return truncated_image(name);
  const auto [darkest, lightest] = std::minmax_element(image.pixels.begin(), image.pixels.end());
  if (*darkest == *lightest)
    return failure(ErrorCode::invalid_input, "the picture is of one brightness throughout", name,
                   "Take the print again: nothing was on the reader");
  return image;
}

Result<Image> load_image(const std::filesystem::path& path, std::optional<int> dpi) {
  QORGAN_TRY(const Bytes file, read_file(path, limits::image_file_bytes_max));
  return decode_image(file, path.string(), dpi);
}

Result<Bytes> encode_png(const Image& image) {
  QORGAN_ASSERT(image.pixels.size() ==
                static_cast<std::size_t>(image.width_px) * static_cast<std::size_t>(image.height_px));
  Bytes file;
  try {
    const cv::Mat grey(image.height_px, image.width_px, CV_8U, const_cast<std::uint8_t*>(image.pixels.data()));
    if (!cv::imencode(".png", grey, file)) return failure(ErrorCode::internal, "cannot write the picture as PNG");
  } catch (const cv::Exception& error) {
    return failure(ErrorCode::internal, std::string("cannot write the picture as PNG: ") + error.what());
  }
  constexpr std::ptrdiff_t kAfterIhdr = 8 + 12 + 13;
  const Bytes chunk = phys_chunk(image.dpi);
  file.insert(file.begin() + kAfterIhdr, chunk.begin(), chunk.end());
  return file;
}

Status save_png(const Image& image, const std::filesystem::path& path) {
  QORGAN_TRY(const Bytes file, encode_png(image));
  return write_file_atomically(path, file, FileMode::public_file);
}

}  // namespace qorgan::finger
