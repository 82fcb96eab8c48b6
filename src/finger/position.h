// Which finger: the ten positions and their names.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace qorgan::finger {

// The codes are those of ISO/IEC 19794-2:2005, table 2 (finger position).
enum class Position : std::uint8_t {
  right_thumb = 1,
  right_index = 2,
  right_middle = 3,
  right_ring = 4,
  right_little = 5,
  left_thumb = 6,
  left_index = 7,
  left_middle = 8,
  left_ring = 9,
  left_little = 10,
};

inline constexpr std::array kPositions = {
    Position::right_thumb, Position::right_index, Position::right_middle, Position::right_ring, Position::right_little,
    Position::left_thumb,  Position::left_index,  Position::left_middle,  Position::left_ring,  Position::left_little,
};

// "right-thumb" ... "left-little": used on the command line, in files and on the wire.
std::string_view position_name(Position position);
// The reverse of position_name; nothing for any other text.
std::optional<Position> position_from_name(std::string_view name);
// 1..10; nothing for any other number, among them 0, the standard's "unknown".
std::optional<Position> position_from_code(int code);

}  // namespace qorgan::finger
