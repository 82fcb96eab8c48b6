#include "finger/minutiae_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numbers>
#include <optional>

#include "base/limits.h"

namespace qorgan::finger {
namespace {

constexpr std::string_view kBlank = " \t\r";

// The next number of a line, taken off its front; nothing where there is none.
std::optional<double> take_number(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
  double value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (error != std::errc{} || !std::isfinite(value)) return {};
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  if (!line.empty() && kBlank.find(line.front()) == std::string_view::npos) return {};
  return value;
}

constexpr std::array<std::string_view, 3> kTypeNames = {"other", "ending", "bifurcation"};

// The rest of a line: a type or nothing at all, which is "other"; nothing where it is anything else.
std::optional<MinutiaType> parse_type(std::string_view rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlank), rest.size()));
  rest = rest.substr(0, rest.find_last_not_of(kBlank) + 1);
  if (rest.empty()) return MinutiaType::other;
  const auto found = std::find(kTypeNames.begin(), kTypeNames.end(), rest);
  if (found == kTypeNames.end()) return {};
  return static_cast<MinutiaType>(found - kTypeNames.begin());
}

std::optional<Minutia> parse_line(std::string_view line) {
  std::array<double, 4> numbers{};
  for (double& number : numbers) {
    const auto taken = take_number(line);
    if (!taken) return {};
    number = *taken;
  }
  const auto [x, y, degrees, quality] = numbers;
  const bool inside = x >= 0 && y >= 0 && x <= limits::image_side_px_max && y <= limits::image_side_px_max;
  const bool in_range = degrees >= 0 && degrees <= 360 && quality >= 0 && quality <= 100;
  const auto type = parse_type(line);
  if (!inside || !in_range || !type) return {};
  Minutia minutia{.x_px = static_cast<float>(x), .y_px = static_cast<float>(y)};
  minutia.direction_rad = static_cast<float>(std::fmod(degrees, 360) * std::numbers::pi / 180);
  minutia.type = *type;
  minutia.quality = static_cast<int>(std::lround(quality));
  return minutia;
}

void describe_whole(Minutiae& minutiae) {
  int quality_sum = 0;
  for (const Minutia& point : minutiae.points) {
    minutiae.width_px = std::max(minutiae.width_px, static_cast<int>(point.x_px) + 1);
    minutiae.height_px = std::max(minutiae.height_px, static_cast<int>(point.y_px) + 1);
    quality_sum += point.quality;
  }
  if (!minutiae.points.empty()) minutiae.quality = quality_sum / static_cast<int>(minutiae.points.size());
}

}  // namespace

Result<Minutiae> parse_minutiae_text(std::string_view text, const std::string& name) {
  Minutiae minutiae;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.find_first_not_of(kBlank) == std::string_view::npos || line.front() == '#') continue;
    const auto minutia = parse_line(line);
    if (!minutia) {
      return failure(ErrorCode::invalid_input, fmt::format("line {} is not a minutia", number), name,
                     "Write: x y direction quality type (pixels at 500 dpi, degrees, 0 to 100)");
    }
    minutiae.points.push_back(*minutia);
  }
  std::stable_sort(minutiae.points.begin(), minutiae.points.end(),
                   [](const Minutia& a, const Minutia& b) { return a.quality > b.quality; });
  if (minutiae.points.size() > limits::minutiae_max) minutiae.points.resize(limits::minutiae_max);
  describe_whole(minutiae);
  return minutiae;
}

std::string format_minutiae_text(const Minutiae& minutiae) {
  std::string text;
  for (const Minutia& point : minutiae.points)
    text += fmt::format("{:.2f} {:.2f} {:.3f} {} {}\n", point.x_px, point.y_px,
                        point.direction_rad * (180 / std::numbers::pi_v<float>), point.quality,
                        kTypeNames.at(static_cast<std::size_t>(point.type)));
  return text;
}

}  // namespace qorgan::finger
