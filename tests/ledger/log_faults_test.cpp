// Whatever the disk does, and whenever the process ends: nothing that was told is lost, and no two signed checkpoints
// contradict one another.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <random>

#include "tests/ledger/faulty_disk.h"
#include "tests/ledger/log_support.h"
#include "tests/support/child.h"

namespace qorgan::ledger::test {
namespace {

// What the process under test tells before it ends: one line for each entry that is surely in the log.
class Told {
 public:
  explicit Told(const LogPlace& place) : path_(place.root() / "told") {}
  void add(std::uint64_t index, std::uint64_t number) {
    std::ofstream(path_, std::ios::app) << index << ' ' << number << std::endl;
  }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> read() const {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> all;
    std::ifstream file(path_);
    for (std::uint64_t index = 0, number = 0; file >> index >> number;) all.emplace_back(index, number);
    return all;
  }

 private:
  std::filesystem::path path_;
};

constexpr std::uint64_t kFirst = 252;  // so that tiles become full on the way
constexpr std::uint64_t kEntries = 10;
constexpr std::uint64_t kJournalBytesMax = 1'000;  // so that the journal is begun anew on the way

// Some appends one after another, twice as many openings as needed. A failed append is tried again as another entry.
void scenario(const LogPlace& place, Disk& disk) {
  Told told(place);
  std::uint64_t number = kFirst;
  for (int opening = 0; opening < 2; ++opening) {
    auto log = place.open(&disk);
    if (!log) continue;
    for (std::uint64_t i = 0; i < kEntries / 2; ++i, ++number) {
      const auto appended = (*log)->append(entry_of(number), soon());
      if (!appended) continue;
      told.add(appended->index, number);
      if (i % 3 == 0) EXPECT_OK((*log)->wait_published(appended->index, soon()));
    }
  }
}

// One log of 240 entries, copied for each trial: filling it takes longer than the trial.
const std::filesystem::path& template_folder() {
  static const LogPlace place(2);
  static const bool filled = [] {
    auto log = place.open();
    EXPECT_OK(log);
    for (std::uint64_t i = 0; i < kFirst; ++i) EXPECT_OK((*log)->append(entry_of(i), soon()));
    EXPECT_OK((*log)->wait_published(kFirst - 1, soon()));
    log->reset();
    // Nobody asks for former sizes; removing their files would be most of what the trials do.
    for (const char* folder : {"tile/0/000.p", "tile/entries/000.p"}) {
      for (std::uint64_t width = 1; width < kFirst; ++width)
        std::filesystem::remove(place.log_folder() / folder / std::to_string(width));
    }
    std::filesystem::remove(place.root() / "signed");
    return true;
  }();
  EXPECT_TRUE(filled);
  return place.root();
}

void copy_template(const LogPlace& place) {
  std::filesystem::copy(template_folder(), place.root(),
                        std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
}

// The log as it is found afterwards: opened, checked in full, and used.
void expect_whole(const LogPlace& place) {
  std::uint64_t size = 0;
  {
    auto log = place.open();
    ASSERT_OK(log);
    size = (*log)->size();
    for (const auto& [index, number] : Told(place).read()) {
      ASSERT_LT(index, size) << "an entry that was told is lost";
      ASSERT_EQ((*log)->entry(index).value(), entry_of(number));
    }
    const auto first = (*log)->entries(0, kFirst);
    ASSERT_OK(first);
    for (std::uint64_t i = 0; i < kFirst; ++i) ASSERT_EQ((*first)[i], entry_of(i));
    // It goes on working.
    for (std::uint64_t i = 0; i < 3; ++i) ASSERT_EQ(append(**log, entry_of(1000 + i)).value(), size + i);
  }
  const FsckReport report = place.check();
  ASSERT_FALSE(report.wrong) << report.wrong->message();
  EXPECT_EQ(report.size, size + 3);
  const TileReader reader(place.log_folder(), Disk::system());
  for (const Checkpoint& checkpoint : place.signed_checkpoints()) {
    ASSERT_LE(checkpoint.size, report.size);
    ASSERT_EQ(tree_root(checkpoint.size, reader.hashes(report.size)).value(), checkpoint.root)
        << "a checkpoint of size " << checkpoint.size << " was signed that the log contradicts";
  }
}

class EveryOperation : public testing::TestWithParam<Fault> {};

TEST_P(EveryOperation, MayBeTheOne) {
  const bool kills = GetParam() == Fault::kill_before || GetParam() == Fault::kill_after;
  template_folder();
  std::uint64_t at = 1;
  for (bool reached = true; reached; ++at) {
    SCOPED_TRACE("operation " + std::to_string(at));
    LogPlace place(2);
    place.journal_bytes_max = kJournalBytesMax;
    copy_template(place);
    const int code = qorgan::test::run_in_child([&] {
      FaultyDisk disk(GetParam(), at);
      scenario(place, disk);
      if (disk.count() < at) ::_exit(testing::Test::HasFailure() ? 1 : 2);
    });
    reached = code != 2;
    ASSERT_NE(code, 1);
    ASSERT_TRUE(!reached || code == (kills ? kKilled : 0)) << code;
    expect_whole(place);
    if (HasFatalFailure()) return;
  }
  RecordProperty("operations", static_cast<int>(at));
  EXPECT_GT(at, kEntries * 4) << "the scenario has become too short to mean anything";
}

INSTANTIATE_TEST_SUITE_P(Faults, EveryOperation,
                         testing::Values(Fault::fails, Fault::cut_short, Fault::kill_before, Fault::kill_after),
                         [](const auto& of) {
                           switch (of.param) {
                             case Fault::fails:
                               return "Fails";
                             case Fault::cut_short:
                               return "CutShort";
                             case Fault::kill_before:
                               return "KillBefore";
                             default:
                               return "KillAfter";
                           }
                         });

// A real kill at any moment.
TEST(Faults, Kill) {
  std::mt19937 random(3);
  SCOPED_TRACE("seed 3");
  const LogPlace place(2);
  copy_template(place);
  for (int round = 0; round < 25; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      Told told(place);
      auto log = place.open();
      if (!log) ::_exit(3);
      for (std::uint64_t number = 10'000 + 1000 * static_cast<std::uint64_t>(round);; ++number) {
        const auto appended = (*log)->append(entry_of(number), soon());
        if (!appended) ::_exit(4);
        told.add(appended->index, number);
      }
    }
    ::usleep(static_cast<useconds_t>(random() % 40'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself, code " << WEXITSTATUS(status);
  }
  EXPECT_GT(Told(place).read().size(), 25U);
  expect_whole(place);
}

// The kernel's own refusals, let into a process from outside.
TEST(Faults, DISABLED_Driver) {
  const char* folder = std::getenv("QORGAN_TEST_LOG");
  ASSERT_NE(folder, nullptr);
  const LogOptions options{folder, "qorgan.test/driven", {}, 0, nullptr, 700};
  const auto signer = std::make_shared<crypto::KeySigner>(key_pair_of("driven"));
  std::uint64_t number = 0;
  for (int opening = 0; opening < 3; ++opening) {
    auto log = Log::open(options, {signer}, true);
    if (!log) continue;
    for (std::uint64_t i = 0; i < 5; ++i, ++number) {
      const auto appended = (*log)->append(entry_of(number), soon());
      if (!appended) continue;
      std::ofstream(std::string(folder) + ".told", std::ios::app) << appended->index << ' ' << number << std::endl;
    }
  }
}

TEST(Faults, SystemCallsRefuse) {
  const QuickFolder quick;
  if (std::system("strace -f -o /dev/null -e inject=write:error=ENOSPC:when=60000 true > /dev/null 2>&1") != 0)
    GTEST_SKIP() << "strace is not there, or tracing is not permitted";
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  for (const std::string inject :
       {"write:error=ENOSPC", "fdatasync:error=EIO", "rename:error=ENOSPC", "openat:error=EMFILE"}) {
    for (int when = 1; when < 40; when += 9) {
      SCOPED_TRACE(inject + ":when=" + std::to_string(when));
      const qorgan::test::TempFolder folder;
      const std::string log_folder = (folder.path() / "log").string();
      const std::string call = inject.substr(0, inject.find(':'));
      // Only what happens to the log's own files counts: -P.
      const std::string command =
          "QORGAN_TEST_LOG=" + log_folder + " strace -f -o /dev/null -P " + log_folder + "/journal -P " + log_folder +
          "/checkpoint.new -e trace=" + call + " -e inject=" + inject + ":when=" + std::to_string(when) + " " + self +
          " --gtest_also_run_disabled_tests --gtest_filter=Faults.DISABLED_Driver > /dev/null 2>&1";
      ASSERT_EQ(std::system(command.c_str()), 0);
      const auto signer = std::make_shared<crypto::KeySigner>(key_pair_of("driven"));
      auto log = Log::open({log_folder, "qorgan.test/driven", {}, 0, nullptr, 700}, {signer}, true);
      ASSERT_OK(log);
      std::ifstream told(log_folder + ".told");
      std::uint64_t count = 0;
      for (std::uint64_t index = 0, number = 0; told >> index >> number; ++count)
        ASSERT_EQ((*log)->entry(index).value(), entry_of(number));
      // Calls are counted in each thread: one opening may fail, and an entry of each other.
      EXPECT_GE(count, 5U);
      log->reset();
      const auto report =
          fsck(log_folder, {{{"qorgan.test/driven", KeyType::ed25519, signer->public_key()}}, {}, 0, false});
      ASSERT_OK(report);
      EXPECT_FALSE(report->wrong) << report->wrong->message();
    }
  }
}

}  // namespace
}  // namespace qorgan::ledger::test
