// A log's tiles and bundles as its source serves them, unchecked. For this module's .cpp files alone.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ledger/source.h"
#include "ledger/tile.h"

namespace qorgan::ledger {

class RemoteTiles {
 public:
  explicit RemoteTiles(LogSource& source) : source_(source) {}

  // Of a log of `size`. Where a partial one is gone, since the log has grown meanwhile, the front of the full one.
  // Errors: the source's; damaged where what came is none.
  Result<std::vector<Hash>> tile(int level, std::uint64_t index, std::uint64_t size);
  Result<std::vector<Bytes>> bundle(std::uint64_t index, std::uint64_t size);
  // Keeps the tiles that it has read.
  HashReader hashes(std::uint64_t size);

 private:
  template <class Item, class Parse>
  Result<std::vector<Item>> fetch(const TileId& id, std::size_t bytes_max, Parse parse);

  LogSource& source_;
  std::map<std::pair<int, std::uint64_t>, std::vector<Hash>> kept_;
};

// The root of 2^k hashes.
Hash subtree_root(std::vector<Hash> hashes);

}  // namespace qorgan::ledger
