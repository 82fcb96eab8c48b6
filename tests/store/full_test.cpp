// A disk that runs full: a clear error, nothing half-done, and reading goes on.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "tests/store/store_support.h"

namespace qorgan::store::test {
namespace {

// Enrols until there is no room; the number of the last who was enrolled.
std::int64_t enrol_until_full(Store& store) {
  for (std::int64_t i = store.applied_sequence().value() + 1; i < 100'000; ++i) {
    const Status done = enrol(store, make_record(static_cast<std::uint64_t>(i), i, 2, 4130));
    if (done) continue;
    EXPECT_EQ(done.error().code, ErrorCode::storage_full) << done.error().message();
    EXPECT_NE(done.error().where.find("custodian.sqlite"), std::string::npos);
    return i - 1;
  }
  ADD_FAILURE() << "it never became full";
  return 0;
}

void expect_people(Store& store, std::int64_t count) {
  EXPECT_EQ(store.applied_sequence().value(), count);
  const std::vector<Record> records = load(store);
  ASSERT_EQ(records.size(), static_cast<std::size_t>(count));
  for (std::int64_t i = 1; i <= count; ++i)
    EXPECT_TRUE(same(records[static_cast<std::size_t>(i - 1)], make_record(static_cast<std::uint64_t>(i), i, 2, 4130)));
}

TEST(Full, PagesRunOut) {
  const StoreFile file;
  Options options = file.options();
  options.pages_max = 200;
  std::int64_t count = 0;
  {
    auto store = Store::open(options, StoreFile::key());
    ASSERT_OK(store);
    count = enrol_until_full(*store);
    EXPECT_GT(count, 10);
    expect_people(*store, count);
    // The same again fails again in the same way.
    EXPECT_EQ(enrol_until_full(*store), count);
    EXPECT_EQ(store->find_record(pseudonym_of(1)).value(), id_of(1));
    // An erasure makes room.
    ASSERT_OK(erase(*store, count + 1, id_of(static_cast<std::uint64_t>(count))));
    ASSERT_OK(enrol(*store, make_record(999, count + 2, 2, 4130)));
  }
  auto store = file.open();
  ASSERT_OK(store);
  EXPECT_EQ(load(*store).size(), static_cast<std::size_t>(count));
}

TEST(Full, TooSmallForAnEmptyStore) {
  const StoreFile file;
  Options options = file.options();
  options.pages_max = 3;
  EXPECT_EQ(error_of(Store::open(options, StoreFile::key())).code, ErrorCode::storage_full);
  EXPECT_FALSE(std::filesystem::exists(file.path()));
  EXPECT_OK(file.open());
}

// Runs in a process of its own, whose files may not grow past a limit. True where `work` found nothing wrong.
bool holds_in_child(const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    work();
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void limit_files_to(rlim_t bytes) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = bytes;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
}

TEST(Full, FilesMayNotGrow) {
  const StoreFile file;
  EXPECT_TRUE(holds_in_child([&] {
    auto store = file.open();
    ASSERT_OK(store);
    limit_files_to(1'000'000);
    const std::int64_t count = enrol_until_full(*store);
    EXPECT_GT(count, 10);
    expect_people(*store, count);
    RequestRow large = make_request(1);
    large.payload = crypto::SecretBytes(1'000'000);
    EXPECT_EQ(error_of(store->put_request(large)).code, ErrorCode::storage_full);
    EXPECT_FALSE(store->find_request(id_of(1)).value().has_value());
    limit_files_to(RLIM_INFINITY);
    ASSERT_OK(enrol(*store, make_record(static_cast<std::uint64_t>(count + 1), count + 1, 2, 4130)));
    expect_people(*store, count + 1);
  }));
  auto store = file.open();
  ASSERT_OK(store);
  expect_people(*store, store->applied_sequence().value());
}

TEST(Full, AtEverySizeNothingIsHalfDone) {
  const StoreFile file;
  for (rlim_t limit = 0; limit <= 400'000; limit += 13'000) {
    SCOPED_TRACE("files limited to " + std::to_string(limit) + " bytes");
    EXPECT_TRUE(holds_in_child([&] {
      limit_files_to(limit);
      auto store = file.open();
      if (!store) {
        EXPECT_EQ(store.error().code, ErrorCode::storage_full) << store.error().message();
        return;
      }
      enrol_until_full(*store);
    }));
    if (!std::filesystem::exists(file.path())) continue;
    auto store = file.open();
    ASSERT_OK(store);
    expect_people(*store, store->applied_sequence().value());
  }
  EXPECT_GT(file.open()->applied_sequence().value(), 10);
}

}  // namespace
}  // namespace qorgan::store::test
