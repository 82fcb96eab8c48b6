// A disk that runs full: a clear error, nothing half-done, and reading goes on.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "crypto/hash.h"
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

// All that a store says, in one line to be compared.
std::string describe(Store& store) {
  Bytes said;
  const auto say = [&](std::int64_t value) { append_u64(said, static_cast<std::uint64_t>(value)); };
  say(store.applied_sequence().value());
  for (const Record& record : load(store)) {
    say(record.enrolled_seq);
    say(record.epoch);
    say(record.flags);
    for (const Finger& finger : record.fingers) {
      const crypto::Digest digest = crypto::sha256(finger.share.expose());
      said.insert(said.end(), digest.begin(), digest.end());
    }
  }
  const auto entries = store.entries_since(0, SIZE_MAX).value();
  for (const Entry& entry : entries) {
    say(entry.number);
    say(entry.record_seq);
    say(static_cast<std::int64_t>(entry.opening.size()));
    say(entry.index.value_or(-1));
  }
  for (const char* party : {"bank", "door"}) {
    const auto notices = store.notices_of_party(party, false).value();
    for (const Notice& notice : notices) say(notice.told_ms);
  }
  say(store.warrant_uses(id_of(500)).value());
  for (std::uint64_t request = 1; request < 20; ++request)
    say(store.find_request(id_of(request)).value().has_value() ? 1 : 0);
  say(static_cast<std::int64_t>(store.find_note("mark").value().value_or("").size()));
  return to_hex(crypto::sha256(said));
}

Along large_along(std::uint64_t number) {
  Along along;
  for (std::uint64_t i = 0; i < 4; ++i) {
    Entry entry = make_entry(number + i, 1);
    entry.leaf.resize(30'000, 'l');
    along.entries.push_back(std::move(entry));
  }
  along.entries.push_back(make_entry(number + 4));
  along.warrant_use = WarrantUse{id_of(500), id_of(number)};
  along.notices.push_back(make_notice(number, "door"));
  along.notices.back().answered.resize(5'000);
  return along;
}

constexpr std::int64_t kPeople = 10;

std::vector<StagedShares> staged_people() {
  std::vector<StagedShares> staged;
  for (std::int64_t i = 1; i <= kPeople; ++i)
    staged.push_back(make_staged(make_record(static_cast<std::uint64_t>(i), i, 2, 4130), 1));
  return staged;
}

// Numbers of pads that fill a store to its last page, each in a page or two of its own.
int fill_up(Store& store) {
  for (int pad = 0; pad < 10'000; ++pad) {
    const Status done = store.put_note("pad " + std::to_string(pad), std::string(3'000, 'p'));
    if (done) continue;
    EXPECT_EQ(done.error().code, ErrorCode::storage_full) << done.error().message();
    return pad;
  }
  ADD_FAILURE() << "it never became full";
  return 0;
}

// Makes the change in a full store, then in ones with more and more room, until there is enough of it. Each time that
// it fails, nothing has changed.
void expect_whole_or_nothing(const StoreFile& file, const std::string& name,
                             const std::function<Status(Store&)>& change) {
  SCOPED_TRACE(name);
  Options options = file.options();
  options.pages_max = 400;
  std::string at_last;
  {
    auto store = Store::open(options, StoreFile::key());
    ASSERT_OK(store);
    int pads = fill_up(*store);
    int failures = 0;
    const std::string before = describe(*store);
    while (true) {
      const Status done = change(*store);
      if (done) break;
      ++failures;
      ASSERT_EQ(done.error().code, ErrorCode::storage_full) << done.error().message();
      ASSERT_EQ(describe(*store), before);
      ASSERT_GT(pads, 0);
      for (int freed = 0; freed < 3 && pads > 0; ++freed)
        ASSERT_OK(store->put_note("pad " + std::to_string(--pads), ""));
    }
    EXPECT_GT(failures, 1) << "it was never short of room";
    at_last = describe(*store);
    EXPECT_NE(at_last, before);
  }
  auto store = file.open();
  ASSERT_OK(store);
  EXPECT_EQ(describe(*store), at_last);
}

void enrol_people(Store& store) {
  for (std::int64_t i = 1; i <= kPeople; ++i)
    ASSERT_OK(enrol(store, make_record(static_cast<std::uint64_t>(i), i, 2, 4130)));
  Along along;
  along.notices.push_back(make_notice(900, "bank"));
  ASSERT_OK(store.put_request(make_request(19), along));
}

TEST(Full, EachChangeIsDoneOrNot) {
  const std::pair<const char*, std::function<Status(Store&)>> changes[] = {
      {"note", [](Store& store) { return store.put_note("mark", std::string(40'000, 'm')); }},
      {"entry",
       [](Store& store) -> Status {
         Entry entry = make_entry(1, 2);
         entry.leaf.resize(60'000);
         QORGAN_CHECK(store.add_entry(entry));
         return {};
       }},
      {"request", [](Store& store) { return store.put_request(make_request(1), large_along(1)); }},
      {"enrolment",
       [](Store& store) { return store.apply_enrol(11, id_of(1), make_record(11, 11, 2, 4130), 0, large_along(1)); }},
      {"bulk",
       [](Store& store) {
         std::vector<Record> records;
         for (std::uint64_t i = 11; i <= 15; ++i) records.push_back(make_record(i, 0, 2, 4130));
         return store.apply_enrols(records, 0);
       }},
      {"erasure", [](Store& store) { return store.apply_erase(11, id_of(1), id_of(2), 0, large_along(1)); }},
      {"flags",
       [](Store& store) {
         return store.apply_flags(make_operation(11, OperationKind::lock, id_of(2)), 0, large_along(1));
       }},
      {"notice",
       [](Store& store) {
         Notice notice = make_notice(900, "bank");
         notice.told_ms = 4;
         return store.update_notice(notice, large_along(1));
       }},
      {"refresh",
       [](Store& store) -> Status {
         QORGAN_CHECK(store.stage_refresh(staged_people()));
         return store.apply_refresh(make_refresh(11, 1, kPeople), 0, large_along(1));
       }},
  };
  for (const auto& [name, change] : changes) {
    const StoreFile file;
    {
      auto store = file.open();
      ASSERT_OK(store);
      enrol_people(*store);
    }
    expect_whole_or_nothing(file, name, change);
  }
}

TEST(Full, AHistoryIsAddedOrNot) {
  History history;
  for (std::int64_t i = 1; i <= kPeople; ++i) {
    history.records.push_back(make_record(static_cast<std::uint64_t>(i), i, 2, 4130));
    history.operations.push_back(make_operation(i, OperationKind::enrol, history.records.back().record_id));
  }
  const StoreFile file;
  ASSERT_OK(file.open().value().begin_recovery());
  expect_whole_or_nothing(file, "history", [&](Store& store) { return store.add_history(history); });
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
