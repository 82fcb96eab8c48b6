#include "ledger/tiles.h"

#include <gtest/gtest.h>

#include "tests/ledger/log_support.h"

namespace qorgan::ledger::test {
namespace {

class TileFolder : public testing::Test {
 protected:
  const std::filesystem::path& path() const { return folder_.path(); }

  static std::vector<Hash> leaves(std::uint64_t size) {
    std::vector<Hash> hashes;
    for (std::uint64_t i = 0; i < size; ++i) hashes.push_back(leaf_hash(entry_of(i)));
    return hashes;
  }
  // RFC 6962, 2.1, read from the leaves alone.
  static HashReader clear_reader(const std::vector<Hash>& hashes) {
    return [&hashes](int level, std::uint64_t index) -> Result<Hash> {
      const auto first = hashes.begin() + static_cast<std::ptrdiff_t>(index << level);
      return fold_hashes({first, first + (std::ptrdiff_t{1} << level)});
    };
  }

 private:
  QuickFolder quick_;
  qorgan::test::TempFolder folder_;
};

TEST_F(TileFolder, EveryRootIsThatOfTheLeaves) {
  const std::vector<Hash> all = leaves(600);
  RightEdge edge;
  for (std::uint64_t size = 0; size <= all.size(); ++size) {
    ASSERT_EQ(edge.root(), tree_root(size, clear_reader(all)).value()) << size;
    const auto read = RightEdge::of(size, clear_reader(all));
    ASSERT_OK(read);
    ASSERT_EQ(read->root(), edge.root());
    if (size < all.size()) edge.add(all[size]);
  }
}

// In steps of many sizes, with a new writer after each: the files lead to the same tree.
TEST_F(TileFolder, GoesOnFromItsFiles) {
  const std::vector<Hash> all = leaves(66'000);
  std::uint64_t size = 0;
  for (const std::uint64_t step : {1, 1, 253, 1, 1, 255, 256, 300, 1, 64'900, 31}) {
    auto writer = TileWriter::open(path(), Disk::system(), size);
    ASSERT_OK(writer);
    for (const std::uint64_t end = size + step; size < end; ++size) writer->append(entry_of(size));
    ASSERT_OK(writer->write());
    ASSERT_EQ(writer->root(), tree_root(size, clear_reader(all)).value());
    const TileReader reader(path(), Disk::system());
    ASSERT_EQ(tree_root(size, reader.hashes(size)).value(), writer->root());
    for (const std::uint64_t index : {std::uint64_t{0}, size / 2, size - 1}) {
      const auto proof = prove_inclusion(index, size, reader.hashes(size));
      ASSERT_OK(proof);
      EXPECT_OK(verify_inclusion(index, size, all[index], *proof, writer->root()));
    }
    const std::uint64_t from = size < 300 ? 0 : size - 300;
    const auto entries = reader.entries(from, size, size);
    ASSERT_OK(entries);
    for (std::uint64_t i = from; i < size; ++i) ASSERT_EQ((*entries)[i - from], entry_of(i));
  }
}

TEST_F(TileFolder, PartialTilesGoWhenNobodyNeedsThem) {
  TileWriter writer(path(), Disk::system());
  const auto grow_to = [&](std::uint64_t size) {
    while (writer.size() < size) writer.append(entry_of(writer.size()));
    ASSERT_OK(writer.write());
  };
  grow_to(100);
  const Hash root_100 = writer.root();
  grow_to(200);
  grow_to(300);
  // Somebody still reads the log of 100 entries.
  ASSERT_OK(writer.remove_partial(100));
  EXPECT_TRUE(std::filesystem::exists(path() / "tile/0/000.p/100"));
  ASSERT_OK(writer.remove_partial(256));
  EXPECT_FALSE(std::filesystem::exists(path() / "tile/0/000.p"));
  EXPECT_FALSE(std::filesystem::exists(path() / "tile/entries/000.p"));
  EXPECT_TRUE(std::filesystem::exists(path() / "tile/0/001.p/44"));
  // And may go on, from the front of the full ones.
  const TileReader reader(path(), Disk::system());
  EXPECT_EQ(tree_root(100, reader.hashes(100)).value(), root_100);
  EXPECT_EQ(reader.entries(99, 100, 100).value()[0], entry_of(99));
  EXPECT_OK(writer.sync());
}

TEST_F(TileFolder, AreRebuiltFromTheEntries) {
  TileWriter writer(path(), Disk::system());
  for (std::uint64_t i = 0; i < 70'000; ++i) writer.append(entry_of(i));
  ASSERT_OK(writer.write());
  for (const char* level : {"tile/0", "tile/1", "tile/2"}) std::filesystem::remove_all(path() / level);
  const auto root = rebuild_tiles(path(), Disk::system(), 70'000);
  ASSERT_OK(root);
  EXPECT_EQ(*root, writer.root());
  const TileReader reader(path(), Disk::system());
  EXPECT_EQ(tree_root(70'000, reader.hashes(70'000)).value(), writer.root());
}

TEST_F(TileFolder, MissingOrWrongFilesAreNamed) {
  TileWriter writer(path(), Disk::system());
  for (std::uint64_t i = 0; i < 300; ++i) writer.append(entry_of(i));
  ASSERT_OK(writer.write());
  const auto opened_without = [&](const std::string& file, const Bytes& content) {
    const Bytes whole = Disk::system().read(path() / file, 1 << 20).value();
    EXPECT_OK(content.empty() ? Disk::system().remove(path() / file)
                              : Disk::system().write(path() / file, content, false));
    const auto opened = TileWriter::open(path(), Disk::system(), 300);
    EXPECT_FALSE(opened.has_value()) << file;
    if (!opened) {
      EXPECT_EQ(opened.error().code, ErrorCode::damaged);
      EXPECT_EQ(opened.error().where, (path() / file).string());
    }
    EXPECT_OK(Disk::system().write(path() / file, whole, false));
  };
  for (const char* file : {"tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"}) {
    opened_without(file, {});
    opened_without(file, Bytes(7, 1));
  }
  Bytes other;
  for (int i = 0; i < 44; ++i) append_to_bundle(other, entry_of(1000));
  opened_without("tile/entries/001.p/44", other);
  EXPECT_OK(TileWriter::open(path(), Disk::system(), 300));
}

}  // namespace
}  // namespace qorgan::ledger::test
