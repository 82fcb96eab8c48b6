#include "ledger/fsck.h"

#include "base/file.h"
#include "tests/ledger/log_support.h"

namespace qorgan::ledger::test {
namespace {

class FsckTest : public testing::Test {
 protected:
  void SetUp() override {
    auto log = place_.open();
    ASSERT_OK(log);
    for (std::uint64_t i = 0; i < 300; ++i) ASSERT_OK((*log)->append(entry_of(i), soon()));
    ASSERT_OK((*log)->wait_published(299, soon()));
  }
  std::filesystem::path file(const std::string& name) const { return place_.log_folder() / name; }
  Bytes read(const std::string& name) const { return Disk::system().read(file(name), 1 << 20).value(); }
  void write(const std::string& name, const Bytes& content) const {
    EXPECT_OK(Disk::system().write(file(name), content, false));
  }
  void change(const std::string& name, std::size_t at) const {
    Bytes content = read(name);
    content.at(at) ^= 1;
    write(name, content);
  }
  // With a file changed the first wrong place is that file, or what `where` says; put back, all is well again.
  void expect_wrong(const std::string& name, std::size_t at, const std::string& where = {}) const {
    const Bytes before = read(name);
    change(name, at);
    const FsckReport report = place_.check();
    ASSERT_TRUE(report.wrong) << name;
    EXPECT_EQ(report.wrong->code, ErrorCode::damaged);
    EXPECT_EQ(report.wrong->where, file(where.empty() ? name : where).string()) << report.wrong->message();
    write(name, before);
  }

  const LogPlace place_;
};

TEST_F(FsckTest, CountsWhatIsThere) {
  const FsckReport report = place_.check();
  EXPECT_FALSE(report.wrong) << report.wrong->message();
  EXPECT_EQ(report.origin, place_.origin());
  EXPECT_EQ(report.size, 300U);
  EXPECT_EQ(report.published_size, 300U);
  EXPECT_EQ(report.bundles, 2U);
  EXPECT_EQ(report.tiles, 3U);  // 256 and 44 leaves, one above them
  EXPECT_EQ(report.cosigned_by, std::vector<std::string>{place_.witness_key(0).name});
}

TEST_F(FsckTest, NamesTheFirstWrongPlace) {
  expect_wrong("tile/entries/000", 5, "tile/0/000");
  expect_wrong("tile/entries/001.p/44", 5, "tile/0/001.p/44");
  expect_wrong("tile/entries/000", 0);
  expect_wrong("tile/0/000", 70);
  expect_wrong("tile/0/001.p/44", 32);
  expect_wrong("tile/1/000.p/1", 3);
  expect_wrong("checkpoint", 20);
  expect_wrong("checkpoint", read("checkpoint").size() - 5);
  expect_wrong("journal", 100);
  EXPECT_FALSE(place_.check().wrong);
}

TEST_F(FsckTest, SaysWhichTileIsWrong) {
  change("tile/0/000", 70);
  const FsckReport report = place_.check();
  ASSERT_TRUE(report.wrong);
  EXPECT_NE(report.wrong->what.find("hash 2 "), std::string::npos) << report.wrong->what;
}

TEST_F(FsckTest, MissingFiles) {
  for (const char* name : {"tile/entries/000", "tile/0/000", "tile/1/000.p/1", "tile/entries/001.p/44"}) {
    const Bytes before = read(name);
    std::filesystem::remove(file(name));
    const FsckReport report = place_.check();
    ASSERT_TRUE(report.wrong) << name;
    EXPECT_EQ(report.wrong->where, file(name).string());
    write(name, before);
  }
  EXPECT_FALSE(place_.check().wrong);
}

TEST_F(FsckTest, FilesThatShouldNotBeThere) {
  for (const char* name : {"tile/0/001", "tile/0/002.p/1", "tile/1/000.p/2", "tile/readme", "tile/entries/001.p/45"}) {
    write(name, Bytes(32, 1));
    const FsckReport report = place_.check();
    ASSERT_TRUE(report.wrong) << name;
    EXPECT_EQ(report.wrong->where, file(name).string());
    std::filesystem::remove(file(name));
  }
  // What a crash leaves is harmless; but what is served under a former size must be true.
  write("tile/0/001.p/44.new", Bytes(7, 1));
  Bytes former = read("tile/0/001.p/44");
  former.resize(10 * 32);
  write("tile/0/001.p/10", former);
  const FsckReport report = place_.check();
  EXPECT_FALSE(report.wrong) << report.wrong->message();
  EXPECT_FALSE(report.notes.empty());
  EXPECT_GE(report.partial_left, 1U);
  expect_wrong("tile/0/001.p/10", 40);
}

TEST_F(FsckTest, ACopyWithoutJournalIsCheckedToo) {
  std::filesystem::remove(file("journal"));
  EXPECT_FALSE(place_.check().wrong);
  std::filesystem::remove(file("checkpoint"));
  EXPECT_TRUE(place_.check().wrong);
}

TEST_F(FsckTest, KeysCount) {
  const VerifierKey stranger{place_.origin(), KeyType::ed25519, key_pair_of("stranger").public_key};
  const auto other_key = fsck(place_.log_folder(), {{stranger}, {}, 0, false});
  ASSERT_OK(other_key);
  EXPECT_TRUE(other_key->wrong);
  const auto one_of_two = fsck(place_.log_folder(), {{stranger, place_.log_key()}, {}, 0, false});
  ASSERT_OK(one_of_two);
  EXPECT_FALSE(one_of_two->wrong);
  const auto too_few = fsck(place_.log_folder(), {{place_.log_key()}, place_.cosigners(), 2, false});
  ASSERT_OK(too_few);
  ASSERT_TRUE(too_few->wrong);
  EXPECT_EQ(too_few->wrong->where, file("checkpoint").string());
}

TEST_F(FsckTest, EntriesThatAreNoLeavesAreFoundWhereAsked) {
  const auto report = fsck(place_.log_folder(), {{place_.log_key()}, {}, 0, true});
  ASSERT_OK(report);
  ASSERT_TRUE(report->wrong);
  EXPECT_NE(report->wrong->what.find("entry 0"), std::string::npos);
}

TEST(Fsck, NoLog) {
  EXPECT_EQ(fsck("/nowhere/at/all", {{}, {}, 0, false}).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace qorgan::ledger::test
