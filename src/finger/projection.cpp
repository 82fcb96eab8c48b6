#include "finger/projection.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string_view>

#include "base/file.h"
#include "base/limits.h"
#include "crypto/hash.h"
#include "finger/projection_data.h"

namespace qorgan::finger {
namespace {

constexpr std::string_view kName = "qorgan-projection ";
constexpr std::string_view kFirstLine = "qorgan-projection 1";
constexpr std::string_view kRemedy = "Make it again with: qorgan lab learn";
constexpr std::size_t kMeansBytes = std::size_t{2} * kCylinderCells;
constexpr std::size_t kBodyBytes = kMeansBytes + std::size_t{kSignCount} * kCylinderCells;
constexpr std::int16_t kMeanMax = 255 * 16;

using Fields = std::map<std::string, std::string, std::less<>>;

struct Parts {
  std::string_view first_line;
  Fields fields;
  ByteView body;
};

tl::unexpected<Error> broken(std::string what, const std::string& name) {
  return failure(ErrorCode::damaged, std::move(what), name, std::string(kRemedy));
}

std::string checksum(std::string_view head, ByteView body) {
  Bytes all(head.begin(), head.end());
  all.insert(all.end(), body.begin(), body.end());
  return to_hex(crypto::sha256(all));
}

std::string head_of(const Projection& projection) {
  return fmt::format("{}\ncommand: {}\nprints: {}\ncylinders: {}\ncells: {}\nsigns: {}\n", kFirstLine,
                     projection.command, projection.prints, projection.cylinders, kCylinderCells, kSignCount);
}

// The next line without its end, taken off the front of `text`; nothing where there is no line end.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return {};
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

Result<Parts> split(ByteView file, const std::string& name) {
  std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  Parts parts;
  const auto first = take_line(text);
  if (!first || !first->starts_with(kName)) return broken("this is not a projection file", name);
  parts.first_line = *first;
  while (true) {
    const auto line = take_line(text);
    if (!line) return broken("the projection file ends within its head", name);
    if (line->empty()) break;
    const std::size_t colon = line->find(": ");
    if (colon == std::string_view::npos) return broken("a line of the projection file's head has no colon", name);
    parts.fields.emplace(line->substr(0, colon), line->substr(colon + 2));
  }
  parts.body = file.last(text.size());
  return parts;
}

Result<std::string> field(const Parts& parts, std::string_view key, const std::string& name) {
  const auto found = parts.fields.find(key);
  if (found == parts.fields.end()) return broken(fmt::format("the projection file does not say its {}", key), name);
  return found->second;
}

Result<std::uint32_t> number(const Parts& parts, std::string_view key, const std::string& name) {
  QORGAN_TRY(const std::string text, field(parts, key, name));
  std::uint32_t value = 0;
  const char* end = text.data() + text.size();
  if (const auto [stop, error] = std::from_chars(text.data(), end, value); error != std::errc{} || stop != end)
    return broken(fmt::format("the projection file's {} is not a number", key), name);
  return value;
}

Status check_size(const Parts& parts, const std::string& name) {
  QORGAN_TRY(const std::uint32_t cells, number(parts, "cells", name));
  QORGAN_TRY(const std::uint32_t signs, number(parts, "signs", name));
  if (cells != kCylinderCells || signs != kSignCount) {
    return failure(ErrorCode::version_mismatch,
                   fmt::format("the projection is for {} cells and {} signs, not {} and {}", cells, signs,
                               kCylinderCells, kSignCount),
                   name, std::string(kRemedy));
  }
  if (parts.body.size() != kBodyBytes)
    return broken(fmt::format("the projection file has {} bytes of numbers, not {}", parts.body.size(), kBodyBytes),
                  name);
  return {};
}

Status read_body(ByteView body, const std::string& name, Projection& projection) {
  for (std::size_t i = 0; i < kCylinderCells; ++i) {
    const std::uint16_t mean = read_u16(body.subspan(2 * i));
    if (mean > kMeanMax) return broken("the projection file holds a mean above 255", name);
    projection.mean[i] = static_cast<std::int16_t>(mean);
  }
  std::size_t at = kMeansBytes;
  for (auto& row : projection.weights) {
    for (std::int8_t& weight : row) {
      weight = static_cast<std::int8_t>(body[at++]);
      if (weight == -128) return broken("the projection file holds a weight below -127", name);
    }
  }
  return {};
}

}  // namespace

std::array<std::uint8_t, kSignCount> projected_signs(const Projection& projection, const Cylinder& cylinder) {
  std::array<std::int16_t, kCylinderCells> centred{};
  for (std::size_t i = 0; i < kCylinderCells; ++i)
    if (cylinder.valid[i % kCylinderPlaces])
      centred[i] = static_cast<std::int16_t>(16 * cylinder.cells[i] - projection.mean[i]);
  std::array<std::uint8_t, kSignCount> signs{};
  for (std::size_t k = 0; k < kSignCount; ++k) {
    int sum = 0;
    for (std::size_t i = 0; i < kCylinderCells; ++i) sum += centred[i] * projection.weights[k][i];
    signs[k] = sum > 0;
  }
  return signs;
}

Bytes encode_projection(const Projection& projection) {
  Bytes body;
  for (std::int16_t mean : projection.mean) append_u16(body, static_cast<std::uint16_t>(mean));
  for (const auto& row : projection.weights)
    for (std::int8_t weight : row) body.push_back(static_cast<std::uint8_t>(weight));
  const std::string head = head_of(projection);
  const std::string text = fmt::format("{}sha256: {}\n\n", head, checksum(head, body));
  Bytes file(text.begin(), text.end());
  file.insert(file.end(), body.begin(), body.end());
  return file;
}

Result<Projection> decode_projection(ByteView file, const std::string& name) {
  QORGAN_TRY(const Parts parts, split(file, name));
  if (parts.first_line != kFirstLine) {
    return failure(ErrorCode::version_mismatch, "the projection file has another version", name, std::string(kRemedy));
  }
  QORGAN_CHECK(check_size(parts, name));
  Projection projection;
  QORGAN_TRY(projection.command, field(parts, "command", name));
  QORGAN_TRY(projection.prints, number(parts, "prints", name));
  QORGAN_TRY(projection.cylinders, number(parts, "cylinders", name));
  QORGAN_TRY(const std::string sum, field(parts, "sha256", name));
  if (sum != checksum(head_of(projection), parts.body))
    return broken("the projection file's checksum does not fit its content", name);
  QORGAN_CHECK(read_body(parts.body, name, projection));
  if (!std::ranges::equal(encode_projection(projection), file))
    return broken("the projection file's head says more than it should", name);
  return projection;
}

Result<Projection> load_projection(const std::filesystem::path& path) {
  QORGAN_TRY(const Bytes file, read_file(path, limits::projection_file_bytes_max));
  return decode_projection(file, path.string());
}

const Projection& default_projection() {
  static const Projection projection = [] {
    auto decoded = decode_projection(projection_data(), "the built-in projection");
    QORGAN_ASSERT(decoded.has_value());
    return *std::move(decoded);
  }();
  return projection;
}

}  // namespace qorgan::finger
