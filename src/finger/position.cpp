#include "finger/position.h"

namespace qorgan::finger {
namespace {

constexpr std::array<std::string_view, kPositions.size()> kNames = {
    "right-thumb", "right-index", "right-middle", "right-ring", "right-little",
    "left-thumb",  "left-index",  "left-middle",  "left-ring",  "left-little",
};

}  // namespace

std::string_view position_name(Position position) {
  return kNames.at(static_cast<std::size_t>(position) - 1);
}

std::optional<Position> position_from_name(std::string_view name) {
  for (Position position : kPositions)
    if (position_name(position) == name) return position;
  return {};
}

std::optional<Position> position_from_code(int code) {
  if (code < 1 || code > static_cast<int>(kPositions.size())) return {};
  return static_cast<Position>(code);
}

}  // namespace qorgan::finger
