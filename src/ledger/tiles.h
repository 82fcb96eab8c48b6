// The tiles and entry bundles of one log's folder (C2SP tlog-tiles): read for proofs, and written as the log grows.
#pragma once

#include <deque>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "ledger/disk.h"
#include "ledger/right_edge.h"
#include "ledger/tile.h"

namespace qorgan::ledger {

// The root of a complete subtree of 1, 2, 4, ... hashes.
Hash fold_hashes(std::vector<Hash> row);

using TileHashes = std::shared_ptr<const std::vector<Hash>>;

// Keeps the tiles used last in memory. Thread-safe. Nothing that it reads is checked against a root: the caller
// compares what comes out with a signed one.
class TileReader {
 public:
  TileReader(std::filesystem::path folder, Disk& disk) : folder_(std::move(folder)), disk_(disk) {}

  // Where a partial one is gone, the front of the full one. Errors: damaged (missing, or of another length; naming the
  // file), unavailable.
  Result<TileHashes> tile(const TileId& id) const;
  Result<std::vector<Bytes>> bundle(std::uint64_t index, int width) const;

  // Of a log of `size` entries, for prove_inclusion() and its like; for as long as this reader is there.
  HashReader hashes(std::uint64_t size) const;
  // Entries from..to-1 of a log of `size` (from <= to <= size, asserted).
  Result<std::vector<Bytes>> entries(std::uint64_t from, std::uint64_t to, std::uint64_t size) const;

 private:
  Result<Bytes> read(const TileId& id) const;
  TileHashes find(const std::string& path) const;
  void keep(const std::string& path, TileHashes tile) const;

  using Kept = std::list<std::pair<std::string, TileHashes>>;  // used last first

  std::filesystem::path folder_;
  Disk& disk_;
  mutable std::mutex mutex_;
  mutable Kept kept_;
  mutable std::map<std::string, Kept::iterator> places_;
};

// Writes the tiles and bundles of a log that grows; signs nothing. Not thread-safe.
class TileWriter {
 public:
  // Of an empty log.
  TileWriter(std::filesystem::path folder, Disk& disk) : folder_(std::move(folder)), disk_(&disk) {}
  // Goes on behind the first `size` entries, whose files are there. The caller compares root() with a signed one.
  // Errors: damaged (a file is missing, of another length, or a bundle does not match its tile; naming the file);
  // unavailable.
  static Result<TileWriter> open(std::filesystem::path folder, Disk& disk, std::uint64_t size);

  std::uint64_t size() const { return edge_.size(); }
  Hash root() const { return edge_.root(); }
  const RightEdge& edge() const { return edge_; }

  // In memory alone: 1..65,535 bytes (asserted). All stays there until write().
  void append(ByteView entry);
  // Writes the files of what was appended since, the partial ones of this size among them; each is there whole or not
  // at all, and none is durable yet. To be repeated after an error. Errors: the disk's.
  Status write();
  // Removes the partial tiles beside full ones that end within `size`: whoever reads a log of at least that size has
  // no use for them. Errors: the disk's; to be repeated.
  Status remove_partial(std::uint64_t size);
  // Makes durable what write() has written since this last succeeded. After an error a file may be lost although later
  // tries succeed: the tiles must then be written again. Errors: the disk's.
  Status sync();

 private:
  struct Level {
    std::uint64_t index = 0;  // of the tile that is being filled
    std::vector<Hash> hashes;
    std::size_t written = 0;  // how wide it was when it was last written
  };
  struct File {
    TileId id;
    Bytes content;
  };

  Status load_level(const TileReader& reader, int level, std::uint64_t size);
  Status load_bundle(const TileReader& reader);
  void add_hash(std::size_t level, const Hash& hash);
  void finish_tile(std::size_t level);
  Status write_file(const TileId& id, ByteView content);
  Status write_partial();
  Status remove_beside(const TileId& full);

  std::filesystem::path folder_;
  Disk* disk_;
  RightEdge edge_;
  std::vector<Level> levels_;
  Bytes bundle_;
  std::deque<File> full_;              // not written yet
  std::deque<TileId> finished_;        // written, perhaps with partial ones beside
  std::set<std::string> not_durable_;  // paths
};

// Writes every tile of the first `size` entries anew from the bundles alone. Returns the root. Errors: damaged,
// unavailable, storage_full.
Result<Hash> rebuild_tiles(const std::filesystem::path& folder, Disk& disk, std::uint64_t size);

}  // namespace qorgan::ledger
