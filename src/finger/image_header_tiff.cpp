#include <algorithm>
#include <limits>
#include <optional>

#include "finger/image_header.h"
#include "finger/little_endian.h"

namespace qorgan::finger {

namespace {

// TIFF 6.0, section 8; the numbers are the tags'.
enum Tag : std::uint16_t {
  kWidth = 256,
  kLength = 257,
  kBitsPerSample = 258,
  kCompression = 259,
  kPhotometric = 262,
  kStripOffsets = 273,
  kOrientation = 274,
  kSamplesPerPixel = 277,
  kRowsPerStrip = 278,
  kStripByteCounts = 279,
  kXResolution = 282,
  kYResolution = 283,
  kResolutionUnit = 296,
};

constexpr std::size_t kEntryBytes = 12;
constexpr std::size_t kNextBytes = 4;  // the place of the next directory
enum FieldType : std::uint16_t { kShort = 3, kLong = 4, kRational = 5 };

struct Field {
  std::uint16_t type = 0;
  std::uint32_t count = 0;
  std::uint64_t at = 0;  // of the values
};

// One directory of a TIFF file, read in place.
class Directory {
 public:
  static std::optional<Directory> first(ByteView file) {
    Directory d(file);
    const std::optional<std::uint32_t> at = d.u32(4);
    const std::optional<std::uint16_t> count = at ? d.u16(*at) : std::nullopt;
    if (!count || file.size() - *at - 2 < *count * kEntryBytes + kNextBytes) return std::nullopt;
    d.entries_at_ = std::size_t{*at} + 2;
    d.entries_ = *count;
    return d;
  }

  std::optional<Field> field(Tag tag) const {
    for (std::size_t i = 0; i < entries_; ++i) {
      const std::size_t at = entries_at_ + i * kEntryBytes;
      if (u16(at) != tag) continue;
      Field f{*u16(at + 2), *u32(at + 4), at + 8};
      if (value_bytes(f.type) * f.count > 4) f.at = *u32(at + 8);
      return f;
    }
    return std::nullopt;
  }

  // The value at an index of a SHORT or LONG field.
  std::optional<std::uint32_t> value(const Field& f, std::uint32_t index) const {
    if (index >= f.count) return std::nullopt;
    if (f.type == kShort) return u16(f.at + std::uint64_t{index} * 2);
    if (f.type == kLong) return u32(f.at + std::uint64_t{index} * 4);
    return std::nullopt;
  }

  // Its only value, or what the standard says it is when absent; nothing where there is none or it is unreadable.
  std::optional<std::uint32_t> number(Tag tag, std::optional<std::uint32_t> absent = {}) const {
    const std::optional<Field> f = field(tag);
    return f ? value(*f, 0) : absent;
  }

  std::optional<double> rational(Tag tag) const {
    const std::optional<Field> f = field(tag);
    if (!f || f->type != kRational) return std::nullopt;
    const std::optional<std::uint32_t> above = u32(f->at);
    const std::optional<std::uint32_t> below = u32(f->at + 4);
    if (!above || !below || *below == 0) return std::nullopt;
    return static_cast<double>(*above) / *below;
  }

 private:
  explicit Directory(ByteView file) : file_(file), low_first_(file[0] == 'I') {}

  static std::uint64_t value_bytes(std::uint16_t type) { return type == kShort ? 2 : type == kLong ? 4 : 8; }

  std::optional<std::uint16_t> u16(std::uint64_t at) const {
    if (file_.size() < 2 || at > file_.size() - 2) return std::nullopt;
    const ByteView bytes = file_.subspan(static_cast<std::size_t>(at));
    return low_first_ ? read_u16_low_first(bytes) : read_u16(bytes);
  }

  std::optional<std::uint32_t> u32(std::uint64_t at) const {
    if (file_.size() < 4 || at > file_.size() - 4) return std::nullopt;
    const ByteView bytes = file_.subspan(static_cast<std::size_t>(at));
    return low_first_ ? read_u32_low_first(bytes) : read_u32(bytes);
  }

  ByteView file_;
  bool low_first_;
  std::size_t entries_at_ = 0;
  std::size_t entries_ = 0;
};

// None; LZW; Deflate by either of its numbers; PackBits. JPEG within TIFF and fax codes are left out: they lose detail.
bool known_compression(std::uint32_t number) {
  return number == 1 || number == 5 || number == 8 || number == 32946 || number == 32773;
}

Status check_kind(const Directory& d, ImageHeader& header, const std::string& name) {
  const std::optional<std::uint32_t> samples = d.number(kSamplesPerPixel, 1);
  const std::optional<Field> bits = d.field(kBitsPerSample);
  if (!samples || *samples < 1 || *samples > 4 || !bits || bits->count < *samples) return truncated_image(name);
  for (std::uint32_t i = 0; i < *samples; ++i) {
    const std::optional<std::uint32_t> depth = d.value(*bits, i);
    if (!depth) return truncated_image(name);
    if (*depth != 8) return unsupported_image("the picture has " + std::to_string(*depth) + " bits a channel", name);
  }
  if (!known_compression(d.number(kCompression, 1).value_or(0)))
    return unsupported_image("a TIFF picture of a compression that is not supported", name);
  const std::uint32_t photometric = d.number(kPhotometric).value_or(99);
  if (photometric > 3) return unsupported_image("a TIFF picture of colours that are not supported", name);
  if (d.number(kOrientation, 1) != 1U) return unsupported_image("a TIFF picture that lies on its side", name);
  header.grey = *samples == 1 && photometric <= 1;
  return {};
}

// Every strip must lie within the file, and without compression hold all its rows.
Status check_strips(const Directory& d, std::size_t file_bytes, const ImageHeader& header, const std::string& name) {
  const std::optional<Field> offsets = d.field(kStripOffsets);
  const std::optional<Field> counts = d.field(kStripByteCounts);
  if (!offsets || !counts) return unsupported_image("a TIFF picture without strips", name);
  const auto height = static_cast<std::uint32_t>(header.height_px);
  const std::uint32_t rows = std::min(d.number(kRowsPerStrip, height).value_or(0), height);
  if (rows == 0) return truncated_image(name);
  const std::uint32_t strips = (height + rows - 1) / rows;
  if (offsets->count != strips || counts->count != strips) return truncated_image(name);
  const std::uint64_t row_bytes =
      static_cast<std::uint64_t>(header.width_px) * d.number(kSamplesPerPixel, 1).value_or(1);
  const bool plain = d.number(kCompression, 1) == 1U;
  for (std::uint32_t i = 0; i < strips; ++i) {
    const std::optional<std::uint32_t> at = d.value(*offsets, i);
    const std::optional<std::uint32_t> count = d.value(*counts, i);
    if (!at || !count || std::uint64_t{*at} + *count > file_bytes) return truncated_image(name);
    const std::uint32_t rows_here = i + 1 < strips ? rows : height - rows * (strips - 1);
    if (plain && *count < row_bytes * rows_here) return truncated_image(name);
  }
  return {};
}

// Unit 1 is none, 2 (also where absent) the inch, 3 the centimetre.
std::optional<Resolution> resolution_of(const Directory& d) {
  const std::optional<double> across = d.rational(kXResolution);
  const std::optional<double> down = d.rational(kYResolution);
  const std::uint32_t unit = d.number(kResolutionUnit, 2).value_or(1);
  if (!across || !down || (unit != 2 && unit != 3)) return std::nullopt;
  const double per_inch = unit == 3 ? 2.54 : 1.0;
  return Resolution{*across * per_inch, *down * per_inch};
}

}  // namespace

Result<ImageHeader> read_tiff_header(ByteView file, const std::string& name) {
  const std::optional<Directory> d = Directory::first(file);
  if (!d) return truncated_image(name);
  const std::optional<std::uint32_t> width = d->number(kWidth);
  const std::optional<std::uint32_t> height = d->number(kLength);
  if (!width || !height) return truncated_image(name);
  QORGAN_CHECK(check_image_size(*width, *height, name));
  ImageHeader header;
  header.format = ImageFormat::tiff;
  header.width_px = static_cast<int>(*width);
  header.height_px = static_cast<int>(*height);
  QORGAN_CHECK(check_kind(*d, header, name));
  QORGAN_CHECK(check_strips(*d, file.size(), header, name));
  header.resolution = resolution_of(*d);
  return header;
}

}  // namespace qorgan::finger
