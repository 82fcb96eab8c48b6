#include "finger/iso.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/limits.h"

namespace qorgan::finger {
namespace {

constexpr std::array<std::uint8_t, 4> kFormat = {'F', 'M', 'R', 0};
constexpr std::array<std::uint8_t, 4> kVersion = {' ', '2', '0', 0};
constexpr std::size_t kHeaderBytes = 24;
constexpr std::size_t kMinutiaBytes = 6;
// The standard's whole number of pixels per centimetre for 500 dpi.
constexpr int kPerCm500Dpi = 197;
constexpr int kPerCmMin = limits::image_dpi_min * 100 / 254;
constexpr int kPerCmMax = (limits::image_dpi_max * 100 + 253) / 254;
constexpr int kCoordinateMax = (1 << 14) - 1;
static_assert(limits::image_side_px_max <= kCoordinateMax);
constexpr double kDirectionStep_rad = 2 * std::numbers::pi / 256;

// Reads fields from the front, so that every error can say which field stands where.
class Reader {
 public:
  Reader(ByteView file, const std::string& name) : file_(file), name_(name) {}

  std::size_t offset() const { return at_; }
  std::size_t left() const { return file_.size() - at_; }

  Result<ByteView> bytes(std::size_t size, const char* field) {
    field_at_ = at_;
    if (left() < size) return wrong(field, fmt::format("needs {} bytes, and {} are left", size, left()));
    at_ += size;
    return file_.subspan(field_at_, size);
  }
  Result<int> u8(const char* field) {
    QORGAN_TRY(const ByteView bytes, this->bytes(1, field));
    return bytes[0];
  }
  Result<int> u16(const char* field) {
    QORGAN_TRY(const ByteView bytes, this->bytes(2, field));
    return read_u16(bytes);
  }
  // A whole number within low..high.
  Result<int> u8_within(const char* field, int low, int high) {
    QORGAN_TRY(const int value, u8(field));
    return within(field, value, low, high);
  }
  Result<int> u16_within(const char* field, int low, int high) {
    QORGAN_TRY(const int value, u16(field));
    return within(field, value, low, high);
  }
  Result<int> within(const char* field, int value, int low, int high) const {
    if (value >= low && value <= high) return value;
    return wrong(field, fmt::format("is {}, outside {} to {}", value, low, high));
  }
  // About the field that was read last.
  tl::unexpected<Error> wrong(const char* field, const std::string& how) const {
    return failure(ErrorCode::invalid_input,
                   fmt::format("the minutiae record is wrong at byte {}: {} {}", field_at_, field, how), name_,
                   "Export it again as ISO/IEC 19794-2:2005, record format");
  }

 private:
  ByteView file_;
  const std::string& name_;
  std::size_t at_ = 0;
  std::size_t field_at_ = 0;
};

struct Header {
  int width = 0;
  int height = 0;
  int per_cm = 0;
  int views = 0;
};

Status read_identity(Reader& reader, std::size_t file_size) {
  QORGAN_TRY(const ByteView format, reader.bytes(kFormat.size(), "format identifier"));
  if (!std::ranges::equal(format, kFormat)) return reader.wrong("format identifier", "is not FMR");
  QORGAN_TRY(const ByteView version, reader.bytes(kVersion.size(), "version"));
  if (!std::ranges::equal(version, kVersion)) return reader.wrong("version", "is not 20, that of 2005");
  QORGAN_TRY(const ByteView length, reader.bytes(4, "record length"));
  if (file_size > limits::iso_record_bytes_max)
    return reader.wrong("record length", fmt::format("is above {}", limits::iso_record_bytes_max));
  if (read_u32(length) != file_size)
    return reader.wrong("record length", fmt::format("is {}, and the file has {} bytes", read_u32(length), file_size));
  return {};
}

// Clause 8.3.
Result<Header> read_header(Reader& reader, std::size_t file_size) {
  QORGAN_CHECK(read_identity(reader, file_size));
  QORGAN_CHECK(reader.u16("capture equipment"));
  Header header;
  QORGAN_TRY(header.width, reader.u16_within("image width", 1, limits::image_side_px_max));
  QORGAN_TRY(header.height, reader.u16_within("image height", 1, limits::image_side_px_max));
  QORGAN_TRY(header.per_cm, reader.u16_within("resolution across", kPerCmMin, kPerCmMax));
  QORGAN_TRY(const int down, reader.u16("resolution down"));
  if (down != header.per_cm)
    return reader.wrong("resolution down", fmt::format("is {}, and across it is {}", down, header.per_cm));
  QORGAN_TRY(header.views, reader.u8_within("number of views", 1, limits::iso_views_max));
  QORGAN_CHECK(reader.u8_within("reserved byte", 0, 0));
  return header;
}

// Clause 8.4.2.
Result<Minutia> read_minutia(Reader& reader, const Header& header) {
  QORGAN_TRY(const int type_and_x, reader.u16("minutia type and x"));
  QORGAN_TRY(const int type, reader.within("minutia type", type_and_x >> 14, 0, 2));
  QORGAN_TRY(const int x, reader.within("minutia x", type_and_x & kCoordinateMax, 0, header.width - 1));
  QORGAN_TRY(const int reserved_and_y, reader.u16("minutia y"));
  QORGAN_CHECK(reader.within("reserved bits before minutia y", reserved_and_y >> 14, 0, 0));
  QORGAN_TRY(const int y, reader.within("minutia y", reserved_and_y & kCoordinateMax, 0, header.height - 1));
  QORGAN_TRY(const int direction, reader.u8("minutia angle"));
  QORGAN_TRY(const int quality, reader.u8_within("minutia quality", 0, 100));
  const float scale = static_cast<float>(kPerCm500Dpi) / static_cast<float>(header.per_cm);
  return Minutia{.x_px = static_cast<float>(x) * scale,
                 .y_px = static_cast<float>(y) * scale,
                 .direction_rad = static_cast<float>(direction * kDirectionStep_rad),
                 .type = static_cast<MinutiaType>(type),
                 .quality = quality};
}

int rescaled(int pixels, int per_cm) {
  return (pixels * kPerCm500Dpi + per_cm - 1) / per_cm;
}

// Clause 8.4.1.
Result<IsoView> read_view(Reader& reader, const Header& header) {
  IsoView view;
  QORGAN_TRY(const int position, reader.u8_within("finger position", 0, static_cast<int>(kPositions.size())));
  view.position = position_from_code(position);
  QORGAN_TRY(const int view_and_type, reader.u8("view number and impression type"));
  view.impression_type = static_cast<std::uint8_t>(view_and_type & 15);
  view.minutiae.width_px = rescaled(header.width, header.per_cm);
  view.minutiae.height_px = rescaled(header.height, header.per_cm);
  QORGAN_TRY(view.minutiae.quality, reader.u8_within("finger quality", 0, 100));
  QORGAN_TRY(const int count, reader.u8("number of minutiae"));
  if (reader.left() < static_cast<std::size_t>(count) * kMinutiaBytes)
    return reader.wrong("number of minutiae",
                        fmt::format("is {}, more than the {} bytes left can hold", count, reader.left()));
  for (int i = 0; i < count; ++i) {
    QORGAN_TRY(const Minutia minutia, read_minutia(reader, header));
    view.minutiae.points.push_back(minutia);
  }
  std::ranges::stable_sort(view.minutiae.points, std::ranges::greater{}, &Minutia::quality);
  QORGAN_TRY(const int extended, reader.u16("extended data length"));
  QORGAN_CHECK(reader.bytes(static_cast<std::size_t>(extended), "extended data"));
  return view;
}

tl::unexpected<Error> unwritable(std::string what) {
  return failure(ErrorCode::invalid_input, std::move(what), "ISO/IEC 19794-2 record");
}

Status check_view(const Minutiae& minutiae) {
  if (minutiae.points.size() > limits::minutiae_max) return unwritable("a view holds too many minutiae");
  const bool size_fits = std::min(minutiae.width_px, minutiae.height_px) >= 1 &&
                         std::max(minutiae.width_px, minutiae.height_px) <= limits::image_side_px_max;
  if (!size_fits) return unwritable(fmt::format("a picture side is outside 1 to {}", limits::image_side_px_max));
  if (minutiae.quality < 0 || minutiae.quality > 100) return unwritable("a view's quality is outside 0 to 100");
  for (const Minutia& point : minutiae.points) {
    const bool inside = point.x_px >= 0 && point.y_px >= 0 && point.x_px <= static_cast<float>(minutiae.width_px) &&
                        point.y_px <= static_cast<float>(minutiae.height_px);
    if (!inside) return unwritable("a minutia lies outside its picture");
    if (!std::isfinite(point.direction_rad)) return unwritable("a minutia's direction is not a number");
    if (point.quality < 0 || point.quality > 100) return unwritable("a minutia's quality is outside 0 to 100");
  }
  return {};
}

Status check_record(const IsoRecord& record) {
  if (record.views.empty() || record.views.size() > limits::iso_views_max)
    return unwritable(fmt::format("a record holds 1 to {} views", limits::iso_views_max));
  for (const IsoView& view : record.views) {
    QORGAN_CHECK(check_view(view.minutiae));
    if (view.impression_type > 15) return unwritable("an impression type is above 15");
  }
  return {};
}

std::uint16_t coordinate(float pixels, int side) {
  return static_cast<std::uint16_t>(std::min(static_cast<int>(std::lround(pixels)), side - 1));
}

void append_minutia(Bytes& out, const Minutia& minutia, const Minutiae& view) {
  const int type = static_cast<int>(minutia.type);
  append_u16(out, static_cast<std::uint16_t>(type << 14 | coordinate(minutia.x_px, view.width_px)));
  append_u16(out, coordinate(minutia.y_px, view.height_px));
  const double steps = std::fmod(std::round(static_cast<double>(minutia.direction_rad) / kDirectionStep_rad), 256);
  out.push_back(static_cast<std::uint8_t>(static_cast<int>(steps) & 255));
  out.push_back(static_cast<std::uint8_t>(minutia.quality));
}

void append_view(Bytes& out, const IsoView& view, int number) {
  out.push_back(view.position ? static_cast<std::uint8_t>(*view.position) : std::uint8_t{0});
  out.push_back(static_cast<std::uint8_t>(number << 4 | view.impression_type));
  out.push_back(static_cast<std::uint8_t>(view.minutiae.quality));
  out.push_back(static_cast<std::uint8_t>(view.minutiae.points.size()));
  for (const Minutia& minutia : view.minutiae.points) append_minutia(out, minutia, view.minutiae);
  append_u16(out, 0);
}

Bytes header_bytes(const IsoRecord& record, std::size_t record_size) {
  int width = 0;
  int height = 0;
  for (const IsoView& view : record.views) {
    width = std::max(width, view.minutiae.width_px);
    height = std::max(height, view.minutiae.height_px);
  }
  Bytes out;
  out.reserve(record_size);
  for (const std::uint8_t byte : kFormat) out.push_back(byte);
  for (const std::uint8_t byte : kVersion) out.push_back(byte);
  append_u32(out, static_cast<std::uint32_t>(record_size));
  append_u16(out, 0);
  append_u16(out, static_cast<std::uint16_t>(width));
  append_u16(out, static_cast<std::uint16_t>(height));
  append_u16(out, kPerCm500Dpi);
  append_u16(out, kPerCm500Dpi);
  out.push_back(static_cast<std::uint8_t>(record.views.size()));
  out.push_back(0);
  QORGAN_ASSERT(out.size() == kHeaderBytes);
  return out;
}

}  // namespace

bool looks_like_iso_record(ByteView file) {
  return file.size() >= kFormat.size() && std::ranges::equal(file.first(kFormat.size()), kFormat);
}

Result<Bytes> write_iso_record(const IsoRecord& record) {
  QORGAN_CHECK(check_record(record));
  Bytes views;
  std::array<int, kPositions.size() + 1> seen{};
  for (const IsoView& view : record.views) {
    const std::size_t position = view.position ? static_cast<std::size_t>(*view.position) : 0;
    append_view(views, view, seen.at(position)++);
  }
  Bytes out = header_bytes(record, kHeaderBytes + views.size());
  out.insert(out.end(), views.begin(), views.end());
  return out;
}

Result<IsoRecord> read_iso_record(ByteView file, const std::string& name) {
  Reader reader(file, name);
  QORGAN_TRY(const Header header, read_header(reader, file.size()));
  IsoRecord record;
  for (int i = 0; i < header.views; ++i) {
    QORGAN_TRY(IsoView view, read_view(reader, header));
    record.views.push_back(std::move(view));
  }
  if (reader.left() != 0)
    return failure(ErrorCode::invalid_input,
                   fmt::format("the minutiae record goes on for {} bytes after its last view at byte {}", reader.left(),
                               reader.offset()),
                   name, "Export it again as ISO/IEC 19794-2:2005, record format");
  return record;
}

}  // namespace qorgan::finger
