#include "ledger/serve.h"

#include <algorithm>

#include "ledger/tile.h"

namespace qorgan::ledger {

std::optional<net::HttpFile> log_file(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  path.remove_prefix(1);
  if (path == "checkpoint") return net::HttpFile{"checkpoint", "text/plain; charset=utf-8", "no-cache"};
  if (!parse_tile_path(path)) return std::nullopt;
  // What is at such a path never changes.
  return net::HttpFile{std::string(path), "application/octet-stream", "public, max-age=31536000, immutable"};
}

std::optional<net::HttpFile> log_file(std::string_view path, std::uint64_t size) {
  const auto tile = parse_tile_path(path.substr(std::min<std::size_t>(path.size(), 1)));
  if (tile && tile_width(std::max(tile->level, 0), tile->index, size) < tile->width) return std::nullopt;
  return log_file(path);
}

}  // namespace qorgan::ledger
