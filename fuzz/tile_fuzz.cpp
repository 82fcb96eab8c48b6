// Tile paths, tiles and entry bundles: what is read is written again to the same bytes.
#include "ledger/tile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qorgan::ledger;
  const std::string_view path(reinterpret_cast<const char*>(data), size);
  if (const auto tile = parse_tile_path(path)) QORGAN_ASSERT(tile->path() == path);
  if (size == 0) return 0;
  // The first byte says how wide.
  const int width = 1 + data[0];
  const qorgan::ByteView content(data + 1, size - 1);
  if (const auto hashes = parse_tile(content, width)) QORGAN_ASSERT(hashes->size() * sizeof(Hash) == content.size());
  if (const auto entries = parse_bundle(content, width)) {
    qorgan::Bytes again;
    for (const qorgan::Bytes& entry : *entries) append_to_bundle(again, entry);
    QORGAN_ASSERT(entries->size() == static_cast<std::size_t>(width));
    QORGAN_ASSERT(std::equal(again.begin(), again.end(), content.begin(), content.end()));
  }
  return 0;
}
