// Whatever a disk does, and whenever the process ends: each operation is done in full or not at all, and none that was
// told as done is gone.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "tests/store/faulty_files.h"
#include "tests/store/life.h"
#include "tests/support/child.h"

namespace qorgan::store::test {
namespace {

constexpr std::int64_t kBefore = 6;  // operations in the store that each trial begins with
constexpr std::int64_t kTrial = 6;   // a turn of the life: one of each kind

// One store, copied for each trial: filling it takes longer than the trial.
const StoreFile& template_file() {
  static const StoreFile file;
  static const bool filled = [] {
    auto store = file.open();
    EXPECT_OK(store);
    for (std::int64_t sequence = 1; sequence <= kBefore; ++sequence) EXPECT_OK(live(*store, sequence));
    return true;
  }();
  EXPECT_TRUE(filled);
  return file;
}

struct Trial {
  StoreFile file;
  std::filesystem::path told_path = file.path().string() + ".told";

  Trial() { std::filesystem::copy_file(template_file().path(), file.path()); }
  void tell(std::int64_t sequence) const { std::ofstream(told_path) << sequence << std::endl; }
  std::int64_t told() const {
    std::int64_t sequence = kBefore;
    std::ifstream(told_path) >> sequence;
    return sequence;
  }
};

// Opens the store twice and does half a turn each time; what fails is tried again.
void scenario(const Trial& trial) {
  int failures = 0;
  for (std::int64_t half = 1; half <= 2; ++half) {
    auto store = trial.file.open();
    if (!store) {
      ++failures;
      store = trial.file.open();
    }
    ASSERT_OK(store);
    for (std::int64_t sequence = store->applied_sequence().value() + 1; sequence <= kBefore + half * kTrial / 2;) {
      const Status done = live(*store, sequence);
      if (done) {
        trial.tell(sequence++);
        continue;
      }
      ASSERT_TRUE(done.error().code == ErrorCode::unavailable || done.error().code == ErrorCode::storage_full)
          << done.error().message();
      ASSERT_LT(++failures, 3) << "one fault fails again and again: " << done.error().message();
      // What failed has changed nothing, but where the last step alone is lacking, that nothing destroyed is left.
      expect_life(*store, sequence - 1);
    }
  }
}

class EveryWrite : public testing::TestWithParam<Fault> {};

TEST_P(EveryWrite, MayBeTheOne) {
  const bool kills = GetParam() != Fault::fails && GetParam() != Fault::cut_short;
  template_file();
  std::uint64_t at = 1;
  for (bool reached = true; reached; ++at) {
    SCOPED_TRACE("write " + std::to_string(at));
    const Trial trial;
    const int code = qorgan::test::run_in_child([&] {
      use_faulty_files(GetParam(), at);
      scenario(trial);
      if (changes_of_files() < at) ::_exit(testing::Test::HasFailure() ? 1 : 2);
    });
    reached = code != 2;
    ASSERT_TRUE(!reached || code == (kills ? kKilled : 0)) << code;
    auto store = trial.file.open();
    ASSERT_OK(store);
    expect_life(*store, trial.told());
    // It goes on.
    const std::int64_t next = store->applied_sequence().value() + 1;
    ASSERT_OK(live(*store, next));
    expect_life(*store, next);
    if (HasFailure()) return;
  }
  RecordProperty("writes", static_cast<int>(at));
  EXPECT_GT(at, 100U) << "the scenario has become too short to mean anything";
}

INSTANTIATE_TEST_SUITE_P(Faults, EveryWrite,
                         testing::Values(Fault::fails, Fault::cut_short, Fault::kill_before, Fault::kill_cut_short,
                                         Fault::kill_after),
                         [](const auto& of) {
                           switch (of.param) {
                             case Fault::fails:
                               return "Fails";
                             case Fault::cut_short:
                               return "CutShort";
                             case Fault::kill_before:
                               return "KillBefore";
                             case Fault::kill_cut_short:
                               return "KillCutShort";
                             default:
                               return "KillAfter";
                           }
                         });

}  // namespace
}  // namespace qorgan::store::test
