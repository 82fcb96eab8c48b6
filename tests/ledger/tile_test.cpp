#include "ledger/tile.h"

#include "tests/ledger/format_support.h"

namespace qorgan::ledger {
namespace {

TEST(Tile, PathsComeBack) {
  const std::vector<std::pair<TileId, std::string>> known = {
      {{0, 0, 256}, "tile/0/000"},
      {{0, 1234067, 256}, "tile/0/x001/x234/067"},  // the example of C2SP tlog-tiles
      {{1, 0, 17}, "tile/1/000.p/17"},
      {{kBundleLevel, 1067, 3}, "tile/entries/x001/067.p/3"},
      {{kBundleLevel, 999, 255}, "tile/entries/999.p/255"},
      {{2, 1000, 1}, "tile/2/x001/000.p/1"},
      {{7, 0, 127}, "tile/7/000.p/127"},
      {{0, (std::uint64_t{1} << 55) - 1, 256}, "tile/0/x036/x028/x797/x018/x963/967"}};
  for (const auto& [tile, path] : known) {
    EXPECT_EQ(tile.path(), path);
    EXPECT_EQ(parse_tile_path(path), tile) << path;
  }
}

TEST(Tile, OtherPathsAreNone) {
  for (const char* path : {"",
                           "tile",
                           "tile/",
                           "tile/0",
                           "tile/0/",
                           "tile/0/0",
                           "tile/0/00",
                           "tile/0/0000",
                           "tile/0/000/",
                           "tile/0/000/001",
                           "tile/0/x000/001",
                           "tile/0/x001",
                           "tile/0/x001/",
                           "tile/0/x1/001",
                           "tile/0/001/x001",
                           "tile/0/-01",
                           "tile/0/+01",
                           "tile/8/000",
                           "tile/00/000",
                           "tile/-1/000",
                           "tile/x/000",
                           "tile/63/000",
                           "tile/data/000",
                           "tile/entries",
                           "tile/entries/",
                           "/tile/0/000",
                           "tile//0/000",
                           "tile/0/000.p",
                           "tile/0/000.p/",
                           "tile/0/000.p/0",
                           "tile/0/000.p/01",
                           "tile/0/000.p/256",
                           "tile/0/000.p/257",
                           "tile/0/000.p/1/",
                           "tile/0/000.p/-1",
                           "tile/0/000.P/1",
                           "tile/0/../000",
                           "tile/0/x001/../000",
                           "tile/0/000%2e",
                           "tile/7/001",
                           "tile/0/x036/x028/x797/x018/x963/968",
                           "tile/0/x001/x001/x001/x001/x001/x001/001",
                           "checkpoint"})
    EXPECT_FALSE(parse_tile_path(path)) << path;
}

// C2SP tlog-tiles, "Partial Tiles".
TEST(Tile, WidthsOfTheSpecificationsExamples) {
  EXPECT_EQ(tile_width(0, 272, 70'000), 256);
  EXPECT_EQ(tile_width(0, 273, 70'000), 112);
  EXPECT_EQ(tile_width(0, 274, 70'000), 0);
  EXPECT_EQ(tile_width(1, 0, 70'000), 256);
  EXPECT_EQ(tile_width(1, 1, 70'000), 17);
  EXPECT_EQ(tile_width(1, 2, 70'000), 0);
  EXPECT_EQ(tile_width(2, 0, 70'000), 1);
  EXPECT_EQ(tile_width(3, 0, 70'000), 0);
  EXPECT_EQ(tile_width(0, 0, 256), 256);
  EXPECT_EQ(tile_width(0, 1, 256), 0);
  EXPECT_EQ(tile_width(1, 0, 256), 1);
  EXPECT_EQ(tile_width(kBundleLevel, 273, 70'000), 112);
  EXPECT_EQ(tile_width(0, 0, 0), 0);
  EXPECT_EQ(tile_width(7, 0, (std::uint64_t{1} << 63) - 1), 127);
  EXPECT_EQ(tile_width(0, ~std::uint64_t{0}, (std::uint64_t{1} << 63) - 1), 0);
}

TEST(Tile, HashesComeBack) {
  Bytes bytes(3 * 32);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
  const std::vector<Hash> hashes = parse_tile(bytes, 3).value();
  ASSERT_EQ(hashes.size(), 3U);
  EXPECT_EQ(hashes[2][31], 95);
  for (const int width : {1, 2, 4, 256}) EXPECT_EQ(parse_tile(bytes, width).error().code, ErrorCode::damaged);
  bytes.pop_back();
  EXPECT_EQ(parse_tile(bytes, 3).error().code, ErrorCode::damaged);
  EXPECT_EQ(parse_tile({}, 1).error().code, ErrorCode::damaged);
}

TEST(Tile, BundlesComeBack) {
  const std::vector<Bytes> entries = {Bytes(1, 'a'), {}, Bytes(65535, 'b'), Bytes(256, 'c')};
  Bytes bundle;
  for (const Bytes& entry : entries) append_to_bundle(bundle, entry);
  EXPECT_EQ(Bytes(bundle.begin(), bundle.begin() + 5), (Bytes{0, 1, 'a', 0, 0}));
  EXPECT_EQ(parse_bundle(bundle, 4).value(), entries);
  for (const int width : {1, 3, 5, 256}) EXPECT_EQ(parse_bundle(bundle, width).error().code, ErrorCode::damaged);
  for (std::size_t length : {0U, 1U, 2U, 4U, 6U, 65000U}) {
    const Bytes cut(bundle.begin(), bundle.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_EQ(parse_bundle(cut, 4).error().code, ErrorCode::damaged) << length;
  }
  bundle.push_back(0);
  EXPECT_EQ(parse_bundle(bundle, 4).error().code, ErrorCode::damaged);
}

}  // namespace
}  // namespace qorgan::ledger
