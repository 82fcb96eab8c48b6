// A process that is killed at any moment leaves each operation done in full or not at all.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/store/life.h"

namespace qorgan::store::test {
namespace {

// Goes on from where the file stands, writing each finished sequence number to `report`, until it is killed.
[[noreturn]] void work(const StoreFile& file, int report) {
  auto store = file.open();
  if (!store) ::_exit(3);
  for (std::int64_t sequence = store->applied_sequence().value() + 1;; ++sequence) {
    if (!live(*store, sequence)) ::_exit(4);
    if (::write(report, &sequence, sizeof sequence) != sizeof sequence) ::_exit(5);
  }
}

TEST(Kill, NothingIsHalfDoneAndNothingToldIsLost) {
  const unsigned seed = 51;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const StoreFile file;
  ASSERT_OK(file.open());
  std::int64_t told = 0;
  for (int round = 0; round < 40; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) work(file, pipe_ends[1]);
    ::close(pipe_ends[1]);
    // Killed a random while after some operation.
    std::int64_t sequence = 0;
    for (auto done = random() % 6; done > 0 && ::read(pipe_ends[0], &sequence, sizeof sequence) > 0; --done)
      told = sequence;
    ::usleep(static_cast<useconds_t>(random() % 3000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself, code " << WEXITSTATUS(status);
    while (::read(pipe_ends[0], &sequence, sizeof sequence) > 0) told = sequence;
    ::close(pipe_ends[0]);
    auto store = file.open();
    ASSERT_OK(store);
    expect_life(*store, told);
    told = store->applied_sequence().value();
  }
  EXPECT_GT(told, 40);
}

// Killed in the middle of making the file: the next start makes it.
TEST(Kill, WhileTheFileIsMade) {
  std::mt19937 random(52);
  SCOPED_TRACE("seed 52");
  for (int round = 0; round < 20; ++round) {
    const StoreFile file;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto store = file.open();
      ::pause();
    }
    ::usleep(static_cast<useconds_t>(random() % 3000));
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    auto store = file.open();
    ASSERT_OK(store);
    EXPECT_EQ(store->applied_sequence().value(), 0);
  }
}

}  // namespace
}  // namespace qorgan::store::test
