#include "ledger/follow_remote.h"

#include <limits>
#include <utility>

namespace qorgan::ledger {
namespace {

constexpr std::size_t kTileBytesMax = kTileWidth * sizeof(Hash);
constexpr std::size_t kBundleBytesMax =
    kTileWidth * (sizeof(std::uint16_t) + std::size_t{std::numeric_limits<std::uint16_t>::max()});

}  // namespace

template <class Item, class Parse>
Result<std::vector<Item>> RemoteTiles::fetch(const TileId& id, std::size_t bytes_max, Parse parse) {
  TileId served = id;
  Result<Bytes> bytes = source_.fetch(served.path(), bytes_max);
  if (!bytes && bytes.error().code == ErrorCode::not_found && served.width != static_cast<int>(kTileWidth)) {
    served.width = static_cast<int>(kTileWidth);
    bytes = source_.fetch(served.path(), bytes_max);
  }
  if (!bytes) return tl::unexpected<Error>(std::move(bytes).error());
  Result<std::vector<Item>> items = parse(*bytes, served.width);
  if (!items) {
    items.error().where = source_.name() + "/" + served.path();
    return items;
  }
  items->resize(static_cast<std::size_t>(id.width));
  return items;
}

Result<std::vector<Hash>> RemoteTiles::tile(int level, std::uint64_t index, std::uint64_t size) {
  return fetch<Hash>({level, index, tile_width(level, index, size)}, kTileBytesMax, parse_tile);
}

Result<std::vector<Bytes>> RemoteTiles::bundle(std::uint64_t index, std::uint64_t size) {
  return fetch<Bytes>({kBundleLevel, index, tile_width(kBundleLevel, index, size)}, kBundleBytesMax, parse_bundle);
}

HashReader RemoteTiles::hashes(std::uint64_t size) {
  return [this, size](int level, std::uint64_t index) -> Result<Hash> {
    const int tile_level = level / kTileHeight;
    const int height = level % kTileHeight;  // above the tile's own hashes
    const std::uint64_t first = index << height;
    const std::pair<int, std::uint64_t> key{tile_level, first / kTileWidth};
    auto found = kept_.find(key);
    if (found == kept_.end()) {
      QORGAN_TRY(std::vector<Hash> hashes, tile(key.first, key.second, size));
      found = kept_.emplace(key, std::move(hashes)).first;
    }
    const auto begin = found->second.begin() + static_cast<std::ptrdiff_t>(first % kTileWidth);
    return subtree_root({begin, begin + (std::ptrdiff_t{1} << height)});
  };
}

Hash subtree_root(std::vector<Hash> hashes) {
  for (std::size_t count = hashes.size(); count > 1; count /= 2)
    for (std::size_t i = 0; i < count / 2; ++i) hashes[i] = node_hash(hashes[2 * i], hashes[2 * i + 1]);
  return hashes.front();
}

}  // namespace qorgan::ledger
