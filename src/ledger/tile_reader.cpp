#include <algorithm>
#include <bit>

#include "base/limits.h"
#include "ledger/tiles.h"

namespace qorgan::ledger {
namespace {

constexpr std::size_t kHashBytes = sizeof(Hash);

std::size_t size_bytes_max(const TileId& id) {
  return id.level == kBundleLevel ? limits::log_bundle_bytes_max : kTileWidth * kHashBytes;
}

TileId full(const TileId& id) {
  return {id.level, id.index, static_cast<int>(kTileWidth)};
}

// Names the file where an error does not say it.
template <class T>
Result<T> at(Result<T> result, const std::filesystem::path& path) {
  if (!result) {
    result.error().where = path.string();
    // Also a file that is far too long, which the disk calls an input that it cannot take.
    if (result.error().code == ErrorCode::invalid_input) result.error().code = ErrorCode::damaged;
  }
  return result;
}

}  // namespace

Hash fold_hashes(std::vector<Hash> row) {
  QORGAN_ASSERT(std::has_single_bit(row.size()));
  while (row.size() > 1) {
    for (std::size_t i = 0; i < row.size() / 2; ++i) row[i] = node_hash(row[2 * i], row[2 * i + 1]);
    row.resize(row.size() / 2);
  }
  return row[0];
}

// A partial one may have been removed since its full one was written; which comes first in both.
Result<Bytes> TileReader::read(const TileId& id) const {
  auto bytes = disk_.read(folder_ / id.path(), size_bytes_max(id));
  const bool missing = !bytes && bytes.error().code == ErrorCode::not_found;
  if (missing && id.width < static_cast<int>(kTileWidth))
    bytes = disk_.read(folder_ / full(id).path(), size_bytes_max(id));
  if (!bytes && bytes.error().code == ErrorCode::not_found)
    return failure(ErrorCode::damaged, "a file of the log is missing", (folder_ / id.path()).string());
  return at(std::move(bytes), folder_ / id.path());
}

Result<TileHashes> TileReader::tile(const TileId& id) const {
  QORGAN_ASSERT(id.level != kBundleLevel);
  const std::string path = id.path();
  if (TileHashes kept = find(path)) return kept;
  QORGAN_TRY(Bytes bytes, read(id));
  if (bytes.size() == kTileWidth * kHashBytes) bytes.resize(static_cast<std::size_t>(id.width) * kHashBytes);
  QORGAN_TRY(auto hashes, at(parse_tile(bytes, id.width), folder_ / path));
  const auto tile = std::make_shared<const std::vector<Hash>>(std::move(hashes));
  keep(path, tile);
  return tile;
}

Result<std::vector<Bytes>> TileReader::bundle(std::uint64_t index, int width) const {
  const TileId id{kBundleLevel, index, width};
  QORGAN_TRY(const Bytes bytes, read(id));
  auto entries = parse_bundle(bytes, width);
  if (entries) return entries;
  // The full one, read in place of a partial one.
  auto all = parse_bundle(bytes, static_cast<int>(kTileWidth));
  if (!all) return at(std::move(entries), folder_ / id.path());
  all->resize(static_cast<std::size_t>(width));
  return all;
}

HashReader TileReader::hashes(std::uint64_t size) const {
  return [this, size](int level, std::uint64_t index) -> Result<Hash> {
    const int tile_level = level / kTileHeight;
    const int height = level % kTileHeight;
    const std::uint64_t first = index << height;
    const std::uint64_t tile_index = first / kTileWidth;
    QORGAN_TRY(const TileHashes found, tile({tile_level, tile_index, tile_width(tile_level, tile_index, size)}));
    const auto begin = found->begin() + static_cast<std::ptrdiff_t>(first % kTileWidth);
    return fold_hashes({begin, begin + (std::ptrdiff_t{1} << height)});
  };
}

Result<std::vector<Bytes>> TileReader::entries(std::uint64_t from, std::uint64_t to, std::uint64_t size) const {
  QORGAN_ASSERT(from <= to && to <= size);
  std::vector<Bytes> out;
  out.reserve(to - from);
  while (from < to) {
    const std::uint64_t index = from / kTileWidth;
    const std::uint64_t end = std::min(to, (index + 1) * kTileWidth);
    QORGAN_TRY(auto found, bundle(index, tile_width(kBundleLevel, index, size)));
    const auto first = found.begin() + static_cast<std::ptrdiff_t>(from % kTileWidth);
    std::move(first, first + static_cast<std::ptrdiff_t>(end - from), std::back_inserter(out));
    from = end;
  }
  return out;
}

TileHashes TileReader::find(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto place = places_.find(path);
  if (place == places_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, place->second);
  return place->second->second;
}

void TileReader::keep(const std::string& path, TileHashes tile) const {
  const std::lock_guard lock(mutex_);
  if (places_.contains(path)) return;
  kept_.emplace_front(path, std::move(tile));
  places_[path] = kept_.begin();
  if (kept_.size() <= limits::log_tiles_cached) return;
  places_.erase(kept_.back().first);
  kept_.pop_back();
}

}  // namespace qorgan::ledger
