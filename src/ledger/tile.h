// Tiles and entry bundles (C2SP tlog-tiles): where they are found, and what is in them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/merkle.h"

namespace qorgan::ledger {

inline constexpr int kTileHeight = 8;
inline constexpr std::uint64_t kTileWidth = 256;

// One resource of a log.
struct TileId {
  int level = 0;            // 0..7; -1 for an entry bundle (a log of 2^63 entries has 8 levels)
  std::uint64_t index = 0;  // within its level
  int width = kTileWidth;   // 1..256; 256 is a full one
  // "tile/0/x001/x234/067", "tile/1/000.p/17", "tile/entries/x001/067.p/3"
  std::string path() const;
  bool operator==(const TileId&) const = default;
};
inline constexpr int kBundleLevel = -1;

// The reverse of path(); nothing where the text is no path that path() would give.
std::optional<TileId> parse_tile_path(std::string_view path);

// How wide tile `index` of a level is in a log of `size` entries: 0 (not there) to 256.
int tile_width(int level, std::uint64_t index, std::uint64_t size);

// `width` hashes one after another. Errors: damaged (another length).
Result<std::vector<Hash>> parse_tile(ByteView bytes, int width);

// Entries with their lengths as two bytes before each. An entry has at most 65,535 bytes.
void append_to_bundle(Bytes& bundle, ByteView entry);
// Exactly `width` entries. Errors: damaged.
Result<std::vector<Bytes>> parse_bundle(ByteView bytes, int width);

}  // namespace qorgan::ledger
