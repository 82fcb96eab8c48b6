#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/store/raw_file.h"
#include "tests/store/store_support.h"

namespace qorgan::store::test {
namespace {

crypto::Key other_key() {
  crypto::Key key = StoreFile::key();
  key.expose_mutable()[0] ^= 1;
  return key;
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777U;
}

TEST(Open, MakesAFileForItsOwnerAlone) {
  const StoreFile file;
  const mode_t before = ::umask(0);
  auto store = file.open();
  ::umask(before);
  ASSERT_OK(store);
  ASSERT_OK(enrol(*store, make_record(1, 1)));
  EXPECT_EQ(mode_of(file.path()), 0600U);
  EXPECT_EQ(mode_of(file.log_path()), 0600U);
  EXPECT_FALSE(std::filesystem::exists(file.path().string() + ".new"));
  EXPECT_FALSE(std::filesystem::exists(file.path().string() + "-shm"));
}

TEST(Open, LeavesOneFileBehind) {
  const StoreFile file;
  {
    auto store = file.open();
    ASSERT_OK(store);
    ASSERT_OK(enrol(*store, make_record(1, 1)));
  }
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(file.path().parent_path())) ++files;
  EXPECT_EQ(files, 1U);
}

TEST(Open, OfAMissingFileSaysSoWhereNoneIsToBeMade) {
  const StoreFile file;
  Options options = file.options();
  options.create = false;
  const Error error = error_of(Store::open(options, StoreFile::key()));
  EXPECT_EQ(error.code, ErrorCode::not_found);
  EXPECT_EQ(error.where, file.path().string());
  ASSERT_OK(file.open());
  EXPECT_OK(Store::open(options, StoreFile::key()));
}

TEST(Open, OfAMissingFileWhoseLogIsThereIsDamaged) {
  const StoreFile file;
  write_file(file.log_path(), Bytes(100, 1));
  EXPECT_EQ(error_of(file.open()).code, ErrorCode::damaged);
  EXPECT_FALSE(std::filesystem::exists(file.path()));
}

TEST(Open, OfAnEmptyOrForeignFileIsDamaged) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, std::size_t{5000}}) {
    const StoreFile file;
    write_file(file.path(), Bytes(size, 0x41));
    std::filesystem::permissions(file.path(), std::filesystem::perms(0600));
    EXPECT_EQ(error_of(file.open()).code, ErrorCode::damaged) << size;
    EXPECT_EQ(read_file(file.path()), Bytes(size, 0x41)) << "a file that is not ours was changed";
  }
}

TEST(Open, OfAnotherProgramsDatabaseLeavesItAlone) {
  const StoreFile file;
  meddle(file.path(), "CREATE TABLE notes(line TEXT); INSERT INTO notes VALUES('kept')");
  std::filesystem::permissions(file.path(), std::filesystem::perms(0600));
  const Bytes before = read_file(file.path());
  EXPECT_EQ(error_of(file.open()).code, ErrorCode::damaged);
  EXPECT_EQ(read_file(file.path()), before);
}

TEST(Open, OfAnotherVersionLeavesItAlone) {
  for (const std::string version : {"1", "3"}) {
    const StoreFile file;
    ASSERT_OK(file.open());
    meddle(file.path(), "CREATE TABLE other(line TEXT); INSERT INTO other VALUES('x'); PRAGMA user_version=" + version);
    const Bytes before = read_file(file.path());
    const Error error = error_of(file.open());
    EXPECT_EQ(error.code, ErrorCode::version_mismatch);
    EXPECT_NE(error.what.find("version " + version), std::string::npos);
    EXPECT_EQ(read_file(file.path()), before);
  }
}

TEST(Open, OfAFolderOrInNoFolderFails) {
  const StoreFile file;
  Options options = file.options();
  options.path = file.path().parent_path();
  EXPECT_EQ(error_of(Store::open(options, StoreFile::key())).code, ErrorCode::refused);
  options.path = file.path().parent_path() / "missing" / "file";
  EXPECT_EQ(error_of(Store::open(options, StoreFile::key())).code, ErrorCode::unavailable);
}

TEST(Open, RefusesAFileThatOthersMayRead) {
  const StoreFile file;
  ASSERT_OK(file.open());
  std::filesystem::permissions(file.path(), std::filesystem::perms(0640));
  EXPECT_EQ(error_of(file.open()).code, ErrorCode::refused);
  std::filesystem::permissions(file.path(), std::filesystem::perms(0600));
  EXPECT_OK(file.open());
}

TEST(Open, RefusesAnotherKey) {
  const StoreFile file;
  {
    auto store = file.open();
    ASSERT_OK(store);
    ASSERT_OK(enrol(*store, make_record(1, 1)));
  }
  const Error error = error_of(Store::open(file.options(), other_key()));
  EXPECT_EQ(error.code, ErrorCode::refused);
  EXPECT_NE(error.what.find("storage key"), std::string::npos);
  EXPECT_OK(file.open());
}

TEST(Open, RefusesAnotherCustodiansOrNetworksFileUnderEitherKey) {
  const StoreFile file;
  ASSERT_OK(file.open());
  Options other_custodian = file.options();
  other_custodian.custodian = 2;
  Options other_network = file.options();
  other_network.network_id[31] ^= 1;
  for (const Options& options : {other_custodian, other_network}) {
    for (const bool same_key : {true, false}) {
      const Error error = error_of(Store::open(options, same_key ? StoreFile::key() : other_key()));
      EXPECT_EQ(error.code, ErrorCode::wrong_network);
      EXPECT_NE(error.what.find("custodian 1"), std::string::npos) << error.what;
    }
  }
}

TEST(Open, RefusesASecondStoreInThisProcess) {
  const StoreFile file;
  auto first = file.open();
  ASSERT_OK(first);
  EXPECT_EQ(error_of(file.open()).code, ErrorCode::busy);
  ASSERT_OK(enrol(*first, make_record(1, 1)));
}

// The other process is made before the file is opened, so that it shares nothing of SQLite's state.
TEST(Open, RefusesAnotherProcess) {
  const StoreFile file;
  int go[2];
  ASSERT_EQ(::pipe(go), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    char signal = 0;
    if (::read(go[0], &signal, 1) != 1) ::_exit(2);
    const auto second = file.open();
    ::_exit(!second && second.error().code == ErrorCode::busy ? 0 : 1);
  }
  auto store = file.open();
  EXPECT_OK(store);
  EXPECT_EQ(::write(go[1], "g", 1), 1);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  ::close(go[0]);
  ::close(go[1]);
  ASSERT_OK(store);
  ASSERT_OK(enrol(*store, make_record(1, 1)));
}

TEST(Open, StoresMove) {
  const StoreFile file;
  auto opened = file.open();
  ASSERT_OK(opened);
  Store store = std::move(*opened);
  ASSERT_OK(enrol(store, make_record(1, 1)));
  Store other = std::move(store);
  EXPECT_EQ(load(other).size(), 1U);
}

}  // namespace
}  // namespace qorgan::store::test
