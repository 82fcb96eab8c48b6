#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/store/raw_file.h"
#include "tests/store/store_support.h"

namespace qorgan::store::test {
namespace {

std::filesystem::path copy_of(const StoreFile& file) {
  return file.path().parent_path() / "copy.sqlite";
}

Options options_of_copy(const StoreFile& file) {
  Options options = file.options();
  options.path = copy_of(file);
  options.create = false;
  return options;
}

std::size_t files_beside(const StoreFile& file) {
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(file.path().parent_path())) ++files;
  return files;
}

TEST(BackUp, OpensWithTheSameKeyAndHoldsWhatStoodThen) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  for (std::int64_t i = 1; i <= 20; ++i)
    ASSERT_OK(enrol(*store, make_record(static_cast<std::uint64_t>(i), i, 2, 4130)));
  ASSERT_OK(store->add_entry(make_entry(1, 3)));
  ASSERT_OK(store->put_note("name", "text"));
  const mode_t before = ::umask(0);
  ASSERT_OK(store->back_up(copy_of(file)));
  ::umask(before);
  ASSERT_OK(erase(*store, 21, id_of(3)));
  struct stat status {};
  ASSERT_EQ(::stat(copy_of(file).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(files_beside(file), 3U) << "the file, its log, the copy";
  auto copy = Store::open(options_of_copy(file), StoreFile::key());
  ASSERT_OK(copy);
  EXPECT_EQ(copy->applied_sequence().value(), 20);
  const std::vector<Record> records = load(*copy);
  ASSERT_EQ(records.size(), 20U);
  for (const Record& record : records)
    EXPECT_TRUE(
        same(record, make_record(static_cast<std::uint64_t>(record.enrolled_seq), record.enrolled_seq, 2, 4130)));
  EXPECT_EQ(copy->find_note("name").value(), "text");
  EXPECT_EQ(copy->pending_entries(10).value().at(0).opening.size(), make_entry(1).opening.size());
  // It lives on by itself, as the first one does.
  ASSERT_OK(enrol(*copy, make_record(50, 21)));
  EXPECT_EQ(load(*store).size(), 19U);
}

TEST(BackUp, HoldsNothingThatWasErased) {
  const StoreFile file;
  std::vector<SealedRecord> sealed;
  {
    auto store = file.open();
    ASSERT_OK(store);
    for (std::int64_t i = 1; i <= 20; ++i)
      ASSERT_OK(enrol(*store, make_record(static_cast<std::uint64_t>(i), i, 2, 4130)));
  }
  for (std::int64_t i = 1; i <= 10; ++i) sealed.push_back(read_sealed(file.path(), i));
  auto store = file.open();
  ASSERT_OK(store);
  for (std::int64_t i = 1; i <= 10; ++i) ASSERT_OK(erase(*store, 20 + i, id_of(static_cast<std::uint64_t>(i))));
  ASSERT_OK(store->back_up(copy_of(file)));
  const PartIndex index(read_file(copy_of(file)));
  for (const SealedRecord& record : sealed) {
    EXPECT_FALSE(index.holds_part_of(record.wrapped_key));
    EXPECT_FALSE(index.holds_part_of(record.details));
    for (const Bytes& share : record.shares) EXPECT_FALSE(index.holds_part_of(share));
  }
  EXPECT_TRUE(index.holds_part_of(pseudonym_of(11)));
}

TEST(BackUp, ReplacesNothing) {
  const StoreFile file;
  auto store = file.open();
  ASSERT_OK(store);
  write_file(copy_of(file), Bytes(10, 7));
  EXPECT_EQ(error_of(store->back_up(copy_of(file))).code, ErrorCode::already_exists);
  EXPECT_EQ(read_file(copy_of(file)), Bytes(10, 7));
  EXPECT_EQ(error_of(store->back_up(file.path())).code, ErrorCode::already_exists);
  EXPECT_EQ(error_of(store->back_up(file.path().parent_path() / "missing" / "copy")).code, ErrorCode::unavailable);
  ASSERT_OK(enrol(*store, make_record(1, 1)));
}

TEST(BackUp, IsRefusedToAnotherKey) {
  const StoreFile file;
  {
    auto store = file.open();
    ASSERT_OK(store);
    ASSERT_OK(store->back_up(copy_of(file)));
  }
  crypto::Key key = StoreFile::key();
  key.expose_mutable()[5] ^= 1;
  EXPECT_EQ(error_of(Store::open(options_of_copy(file), std::move(key))).code, ErrorCode::refused);
}

// In a process of its own, whose files may not grow past a limit.
TEST(BackUp, LeavesNothingWhereTheDiskIsFull) {
  const StoreFile file;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    auto store = file.open();
    for (std::int64_t i = 1; i <= 30 && store; ++i)
      EXPECT_OK(enrol(*store, make_record(static_cast<std::uint64_t>(i), i, 2, 4130)));
    rlimit limit{200'000, RLIM_INFINITY};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    EXPECT_EQ(error_of(store->back_up(copy_of(file))).code, ErrorCode::storage_full);
    EXPECT_EQ(files_beside(file), 2U);
    limit.rlim_cur = RLIM_INFINITY;
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    EXPECT_OK(store->back_up(copy_of(file)));
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_OK(Store::open(options_of_copy(file), StoreFile::key()));
}

}  // namespace
}  // namespace qorgan::store::test
