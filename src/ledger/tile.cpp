#include "ledger/tile.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "ledger/text.h"

namespace qorgan::ledger {
namespace {

constexpr int kTileLevels = 8;
constexpr std::uint64_t kGroup = 1000;  // of one path element
constexpr std::size_t kGroupDigits = 3;

// "x001/x234/067"
std::string index_path(std::uint64_t index) {
  std::string path = fmt::format("{:03}", index % kGroup);
  for (index /= kGroup; index != 0; index /= kGroup) path = fmt::format("x{:03}/{}", index % kGroup, path);
  return path;
}

// Cuts the elements of an index off the front. Leaves it to the caller to find elements too many in front.
std::optional<std::uint64_t> take_index(std::string_view& rest) {
  // The largest index of any tile, (2^63 - 1) / 256, has 17 digits.
  constexpr int kElementsMax = 6;
  std::uint64_t index = 0;
  for (int element = 0; element < kElementsMax; ++element) {
    const bool more = take_prefix(rest, "x");
    std::uint64_t group = 0;
    for (std::size_t i = 0; i < kGroupDigits; ++i) {
      if (rest.empty() || rest[0] < '0' || rest[0] > '9') return std::nullopt;
      group = 10 * group + static_cast<std::uint64_t>(rest[0] - '0');
      rest.remove_prefix(1);
    }
    index = kGroup * index + group;
    if (!more) return index;
    if (!take_prefix(rest, "/")) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<int> take_level(std::string_view& rest) {
  if (take_prefix(rest, "entries/")) return kBundleLevel;
  if (rest.size() < 2 || rest[0] < '0' || rest[0] >= '0' + kTileLevels || rest[1] != '/') return std::nullopt;
  const int level = rest[0] - '0';
  rest.remove_prefix(2);
  return level;
}

// How many entries one hash of a level stands for, as a power of two. A bundle is as wide as a tile of leaves.
int level_bits(int level) {
  QORGAN_ASSERT(level >= kBundleLevel && level < kTileLevels);
  return kTileHeight * std::max(level, 0);
}

tl::unexpected<Error> wrong_bundle() {
  return failure(ErrorCode::damaged, "an entry bundle holds another number of entries, or is cut short");
}

}  // namespace

std::string TileId::path() const {
  const std::string level_name = level == kBundleLevel ? "entries" : std::to_string(level);
  const std::string path = fmt::format("tile/{}/{}", level_name, index_path(index));
  return width == static_cast<int>(kTileWidth) ? path : fmt::format("{}.p/{}", path, width);
}

std::optional<TileId> parse_tile_path(std::string_view path) {
  std::string_view rest = path;
  if (!take_prefix(rest, "tile/")) return std::nullopt;
  const auto level = take_level(rest);
  if (!level) return std::nullopt;
  const auto index = take_index(rest);
  if (!index) return std::nullopt;
  TileId tile{*level, *index, static_cast<int>(kTileWidth)};
  if (take_prefix(rest, ".p/")) {
    const auto width = parse_decimal(rest);
    if (!width || *width == 0 || *width >= kTileWidth) return std::nullopt;
    tile.width = static_cast<int>(*width);
  } else if (!rest.empty()) {
    return std::nullopt;
  }
  // No log is large enough to have others.
  if (tile_width(tile.level, tile.index, std::numeric_limits<std::int64_t>::max()) < 1) return std::nullopt;
  // A path with elements too many in front is another's name for the same tile.
  if (tile.path() != path) return std::nullopt;
  return tile;
}

int tile_width(int level, std::uint64_t index, std::uint64_t size) {
  const std::uint64_t hashes = size >> level_bits(level);
  const std::uint64_t full_tiles = hashes / kTileWidth;
  if (index < full_tiles) return static_cast<int>(kTileWidth);
  return index == full_tiles ? static_cast<int>(hashes % kTileWidth) : 0;
}

Result<std::vector<Hash>> parse_tile(ByteView bytes, int width) {
  QORGAN_ASSERT(width >= 1 && width <= static_cast<int>(kTileWidth));
  std::vector<Hash> hashes(static_cast<std::size_t>(width));
  if (bytes.size() != hashes.size() * sizeof(Hash))
    return failure(ErrorCode::damaged, "a tile has another length than its width says");
  for (Hash& hash : hashes) {
    std::copy_n(bytes.begin(), hash.size(), hash.begin());
    bytes = bytes.subspan(hash.size());
  }
  return hashes;
}

void append_to_bundle(Bytes& bundle, ByteView entry) {
  QORGAN_ASSERT(entry.size() <= std::numeric_limits<std::uint16_t>::max());
  append_u16(bundle, static_cast<std::uint16_t>(entry.size()));
  bundle.insert(bundle.end(), entry.begin(), entry.end());
}

Result<std::vector<Bytes>> parse_bundle(ByteView bytes, int width) {
  QORGAN_ASSERT(width >= 1 && width <= static_cast<int>(kTileWidth));
  std::vector<Bytes> entries;
  entries.reserve(static_cast<std::size_t>(width));
  for (int i = 0; i < width; ++i) {
    if (bytes.size() < sizeof(std::uint16_t)) return wrong_bundle();
    const std::size_t length = read_u16(bytes);
    bytes = bytes.subspan(sizeof(std::uint16_t));
    if (bytes.size() < length) return wrong_bundle();
    const ByteView entry = bytes.first(length);
    entries.emplace_back(entry.begin(), entry.end());
    bytes = bytes.subspan(length);
  }
  if (!bytes.empty()) return wrong_bundle();
  return entries;
}

}  // namespace qorgan::ledger
