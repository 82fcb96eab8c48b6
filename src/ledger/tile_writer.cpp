#include "base/limits.h"
#include "ledger/tiles.h"

namespace qorgan::ledger {
namespace {

constexpr int kFull = static_cast<int>(kTileWidth);
constexpr int kLevels = 8;  // of a log of 2^63 entries

Bytes bytes_of(const std::vector<Hash>& hashes) {
  Bytes out;
  out.reserve(hashes.size() * sizeof(Hash));
  for (const Hash& hash : hashes) out.insert(out.end(), hash.begin(), hash.end());
  return out;
}

// The folder with the partial ones of a tile: "tile/0/001.p".
std::string partial_folder(const TileId& full) {
  return full.path() + ".p";
}

}  // namespace

Result<TileWriter> TileWriter::open(std::filesystem::path folder, Disk& disk, std::uint64_t size) {
  TileWriter writer(std::move(folder), disk);
  const TileReader reader(writer.folder_, disk);
  QORGAN_TRY(writer.edge_, RightEdge::of(size, reader.hashes(size)));
  for (int level = 0; level < kLevels && size >> (kTileHeight * level) != 0; ++level)
    QORGAN_CHECK(writer.load_level(reader, level, size));
  QORGAN_CHECK(writer.load_bundle(reader));
  return writer;
}

Status TileWriter::load_level(const TileReader& reader, int level, std::uint64_t size) {
  const std::uint64_t count = size >> (kTileHeight * level);
  Level loaded{count / kTileWidth, {}, 0};
  if (const auto width = static_cast<int>(count % kTileWidth); width != 0) {
    QORGAN_TRY(const TileHashes hashes, reader.tile({level, loaded.index, width}));
    loaded.hashes = *hashes;
    loaded.written = hashes->size();
  }
  levels_.push_back(std::move(loaded));
  return {};
}

Status TileWriter::load_bundle(const TileReader& reader) {
  if (levels_.empty() || levels_[0].hashes.empty()) return {};
  const TileId id{kBundleLevel, levels_[0].index, static_cast<int>(levels_[0].hashes.size())};
  QORGAN_TRY(const auto entries, reader.bundle(id.index, id.width));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (leaf_hash(entries[i]) != levels_[0].hashes[i])
      return failure(ErrorCode::damaged, "an entry does not match its tile", (folder_ / id.path()).string());
    append_to_bundle(bundle_, entries[i]);
  }
  return {};
}

void TileWriter::append(ByteView entry) {
  QORGAN_ASSERT(!entry.empty() && entry.size() <= limits::log_entry_bytes_max);
  append_to_bundle(bundle_, entry);
  const Hash leaf = leaf_hash(entry);
  edge_.add(leaf);
  add_hash(0, leaf);
}

void TileWriter::add_hash(std::size_t level, const Hash& hash) {
  if (level == levels_.size()) levels_.emplace_back();
  levels_[level].hashes.push_back(hash);
  if (levels_[level].hashes.size() == kTileWidth) finish_tile(level);
}

void TileWriter::finish_tile(std::size_t level) {
  Level& own = levels_[level];
  if (level == 0) {
    full_.push_back({{kBundleLevel, own.index, kFull}, std::move(bundle_)});
    bundle_.clear();
  }
  full_.push_back({{static_cast<int>(level), own.index, kFull}, bytes_of(own.hashes)});
  const Hash root = fold_hashes(std::move(own.hashes));
  own = {own.index + 1, {}, 0};
  add_hash(level + 1, root);
}

// Bundles before the tiles of their entries, and those before the tiles above: what a reader finds leads to what is
// there.
Status TileWriter::write() {
  while (!full_.empty()) {
    QORGAN_CHECK(write_file(full_.front().id, full_.front().content));
    finished_.push_back(full_.front().id);
    full_.pop_front();
  }
  return write_partial();
}

Status TileWriter::write_partial() {
  for (std::size_t i = 0; i < levels_.size(); ++i) {
    Level& level = levels_[i];
    const std::size_t width = level.hashes.size();
    if (width == level.written) continue;
    const TileId id{static_cast<int>(i), level.index, static_cast<int>(width)};
    if (i == 0) QORGAN_CHECK(write_file({kBundleLevel, id.index, id.width}, bundle_));
    QORGAN_CHECK(write_file(id, bytes_of(level.hashes)));
    level.written = width;
  }
  return {};
}

Status TileWriter::write_file(const TileId& id, ByteView content) {
  const std::string path = id.path();
  QORGAN_CHECK(disk_->write(folder_ / path, content, false));
  not_durable_.insert(path);
  return {};
}

Status TileWriter::remove_partial(std::uint64_t size) {
  while (!finished_.empty()) {
    const TileId& full = finished_.front();
    if (tile_width(full.level, full.index, size) < kFull) return {};
    QORGAN_CHECK(remove_beside(full));
    finished_.pop_front();
  }
  return {};
}

Status TileWriter::remove_beside(const TileId& full) {
  const std::string folder = partial_folder(full);
  QORGAN_TRY(const auto names, disk_->list(folder_ / folder));
  for (const std::string& name : names) {
    QORGAN_CHECK(disk_->remove(folder_ / folder / name));
    not_durable_.erase(folder + "/" + name);
  }
  if (!names.empty()) QORGAN_CHECK(disk_->remove(folder_ / folder));
  return {};
}

Status TileWriter::sync() {
  // A name is durable when its folder is, and that one's when the folder above it is.
  std::set<std::filesystem::path> folders;
  for (const std::string& path : not_durable_) {
    QORGAN_CHECK(disk_->sync(folder_ / path));
    for (auto parent = std::filesystem::path(path).parent_path(); !parent.empty(); parent = parent.parent_path())
      folders.insert(parent);
  }
  for (const std::filesystem::path& folder : folders) QORGAN_CHECK(disk_->sync(folder_ / folder));
  if (!folders.empty()) QORGAN_CHECK(disk_->sync(folder_));
  not_durable_.clear();
  return {};
}

Result<Hash> rebuild_tiles(const std::filesystem::path& folder, Disk& disk, std::uint64_t size) {
  const TileReader reader(folder, disk);
  TileWriter writer(folder, disk);
  while (writer.size() < size) {
    const std::uint64_t index = writer.size() / kTileWidth;
    QORGAN_TRY(const auto entries, reader.bundle(index, tile_width(kBundleLevel, index, size)));
    for (const Bytes& entry : entries) writer.append(entry);
    QORGAN_CHECK(writer.write());
  }
  QORGAN_CHECK(writer.sync());
  return writer.root();
}

}  // namespace qorgan::ledger
