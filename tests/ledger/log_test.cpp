#include "ledger/log.h"

#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "base/limits.h"
#include "tests/ledger/faulty_disk.h"
#include "tests/ledger/log_support.h"

namespace qorgan::ledger::test {
namespace {

ErrorCode code_of(const Status& status) {
  return status ? ErrorCode::internal : status.error().code;
}

void expect_proven(const Log& log, const LogPlace& place, std::uint64_t index, const Bytes& entry) {
  const auto proof = log.prove(index);
  ASSERT_OK(proof);
  const auto parsed = parse_log_proof(proof->text());
  ASSERT_OK(parsed);
  EXPECT_OK(verify_log_proof(*parsed, entry, place.trusted()));
}

TEST(Log, PublishesWhatIsAppended) {
  const LogPlace place;
  {
    auto log = place.open();
    ASSERT_OK(log);
    for (std::uint64_t i = 0; i < 300; ++i) {
      const auto index = append(**log, entry_of(i));
      ASSERT_OK(index);
      ASSERT_EQ(*index, i);
      ASSERT_GT((*log)->published_size(), i);
    }
    for (const std::uint64_t index : {0, 1, 255, 256, 299}) {
      EXPECT_EQ((*log)->entry(index).value(), entry_of(index));
      expect_proven(**log, place, index, entry_of(index));
    }
    EXPECT_EQ((*log)->entries(250, 260).value()[9], entry_of(259));
    EXPECT_OK((*log)->health());
  }
  auto log = place.open();
  ASSERT_OK(log);
  EXPECT_EQ((*log)->size(), 300U);
  EXPECT_EQ((*log)->published_size(), 300U);
  EXPECT_EQ(append(**log, entry_of(300)).value(), 300U);
  expect_proven(**log, place, 17, entry_of(17));
  log->reset();
  const FsckReport report = place.check();
  EXPECT_FALSE(report.wrong) << report.wrong->message();
  EXPECT_EQ(report.size, 301U);
}

TEST(Log, RefusesWhatItDoesNotHave) {
  const LogPlace place;
  auto log = place.open();
  ASSERT_OK(log);
  EXPECT_EQ((*log)->append({}, soon()).error().code, ErrorCode::invalid_input);
  EXPECT_EQ((*log)->append(Bytes(limits::log_entry_bytes_max + 1), soon()).error().code, ErrorCode::invalid_input);
  ASSERT_OK(append(**log, Bytes(limits::log_entry_bytes_max, 7)));
  EXPECT_EQ((*log)->entry(1).error().code, ErrorCode::not_found);
  EXPECT_EQ((*log)->entry(UINT64_MAX).error().code, ErrorCode::invalid_input);
  EXPECT_EQ((*log)->prove(1).error().code, ErrorCode::not_found);
  EXPECT_EQ((*log)->entries(1, 0).error().code, ErrorCode::invalid_input);
  EXPECT_EQ((*log)->entries(0, 2000).error().code, ErrorCode::invalid_input);
}

TEST(Log, TakesSeveralTogetherOrNone) {
  const LogPlace place;
  {
    auto log = place.open();
    ASSERT_OK(log);
    ASSERT_OK(append(**log, entry_of(0)));
    std::vector<Bytes> several;
    for (std::uint64_t i = 1; i <= 600; ++i) several.push_back(entry_of(i));
    const auto first = (*log)->append_all(several, soon());
    ASSERT_OK(first);
    EXPECT_EQ(first->index, 1U);
    EXPECT_EQ((*log)->append(entry_of(601), soon()).value().index, 601U);
    ASSERT_OK((*log)->wait_published(601, soon()));
    for (const std::uint64_t index : {1, 255, 256, 600, 601}) expect_proven(**log, place, index, entry_of(index));

    EXPECT_EQ((*log)->append_all({}, soon()).error().code, ErrorCode::invalid_input);
    EXPECT_EQ((*log)->append_all({entry_of(1), {}}, soon()).error().code, ErrorCode::invalid_input);
    const std::vector<Bytes> too_many(limits::log_batch_entries_max + 1, entry_of(1));
    EXPECT_EQ((*log)->append_all(too_many, soon()).error().code, ErrorCode::invalid_input);
    const std::vector<Bytes> too_long(limits::log_batch_bytes_max / limits::log_entry_bytes_max + 1,
                                      Bytes(limits::log_entry_bytes_max, 7));
    EXPECT_EQ((*log)->append_all(too_long, soon()).error().code, ErrorCode::invalid_input);
    // As much as is taken together at all, with others before and after it.
    const std::vector<Bytes> most(limits::log_batch_bytes_max / limits::log_entry_bytes_max,
                                  Bytes(limits::log_entry_bytes_max, 7));
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&] { EXPECT_OK((*log)->append_all(most, soon())); });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(append(**log, entry_of(602)).value(), 602 + 4 * most.size());
    EXPECT_EQ((*log)->size(), 603 + 4 * most.size());
  }
  EXPECT_FALSE(place.check().wrong);
}

// What fails in the middle of its bytes leaves none of the entries.
TEST(Log, SeveralThatDoNotGetToTheDiskAreNotThere) {
  for (std::uint64_t at = 1; at < 60; ++at) {
    SCOPED_TRACE("write " + std::to_string(at));
    const LogPlace place;
    FaultyDisk disk(Fault::cut_short, at);
    auto log = place.open(&disk);
    if (!log) continue;
    const std::vector<Bytes> several = {entry_of(1), entry_of(2), entry_of(3)};
    std::uint64_t taken = 0;
    for (int turn = 0; turn < 3; ++turn)
      if ((*log)->append_all(several, soon())) taken += several.size();
    log->reset();
    ASSERT_OK(place.open());  // finishes what the fault kept the log from
    const FsckReport report = place.check();
    EXPECT_FALSE(report.wrong) << report.wrong->message();
    EXPECT_GE(report.size, taken);
    EXPECT_EQ(report.size % several.size(), 0U) << "some of them, without the others";
  }
}

TEST(Log, ManyAtOnceEachGetAnIndexOfTheirOwn) {
  const LogPlace place(2);
  auto log = place.open();
  ASSERT_OK(log);
  constexpr int kThreads = 16;
  constexpr int kEach = 60;
  std::vector<std::vector<std::uint64_t>> indices(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const auto index = append(**log, entry_of(static_cast<std::uint64_t>(t * kEach + i)));
        EXPECT_OK(index);
        indices[static_cast<std::size_t>(t)].push_back(index.value_or(UINT64_MAX));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::map<std::uint64_t, std::uint64_t> places;
  for (std::size_t t = 0; t < kThreads; ++t) {
    for (std::size_t i = 0; i < kEach; ++i) {
      ASSERT_TRUE(places.emplace(indices[t][i], t * kEach + i).second) << "an index was given twice";
      EXPECT_TRUE(i == 0 || indices[t][i - 1] < indices[t][i]);
    }
  }
  for (const auto& [index, number] : places) ASSERT_EQ((*log)->entry(index).value(), entry_of(number));
  // They share batches: far fewer checkpoints than entries were signed.
  EXPECT_LT(place.signed_checkpoints().size(), std::size_t{kThreads * kEach / 2});
  log->reset();
  EXPECT_FALSE(place.check().wrong);
}

TEST(Log, IsOfOneProcessAtATime) {
  const LogPlace place;
  auto log = place.open();
  ASSERT_OK(log);
  const auto second = place.open();
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::busy);
  EXPECT_EQ(fsck(place.log_folder(), {{place.log_key()}, {}, 0, false}).error().code, ErrorCode::busy);
  log->reset();
  EXPECT_OK(place.open());
}

TEST(Log, IsNotMadeUnlessAsked) {
  const LogPlace place;
  const auto opened = Log::open(place.options(), {place.signer()}, false);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::not_found);
  EXPECT_FALSE(std::filesystem::exists(place.log_folder()));
}

TEST(Log, OfAnotherOriginOrKeyIsNotTaken) {
  const LogPlace place;
  ASSERT_OK(place.open());
  LogOptions other = place.options();
  other.origin = "qorgan.test/another";
  EXPECT_EQ(Log::open(other, {place.signer()}, true).error().code, ErrorCode::wrong_network);
  const auto stranger = std::make_shared<crypto::KeySigner>(key_pair_of("stranger"));
  EXPECT_EQ(Log::open(place.options(), {stranger}, true).error().code, ErrorCode::wrong_network);
}

TEST(Log, ChangesItsKey) {
  const LogPlace place(0);
  LogOptions options = place.options();
  options.cosignatures_min = 0;
  const auto next = std::make_shared<crypto::KeySigner>(key_pair_of("next key"));
  const VerifierKey next_key{place.origin(), KeyType::ed25519, next->public_key()};
  {
    auto log = Log::open(options, {place.signer()}, true);
    ASSERT_OK(log);
    ASSERT_OK(append(**log, entry_of(0)));
  }
  {
    auto log = Log::open(options, {next, place.signer()}, true);
    ASSERT_OK(log);
    ASSERT_OK(append(**log, entry_of(1)));
    const std::string note = (*log)->published_checkpoint();
    EXPECT_OK(open_checkpoint(note, place.log_key(), {}));
    EXPECT_OK(open_checkpoint(note, next_key, {}));
  }
  // The former key is no longer needed.
  auto log = Log::open(options, {next}, true);
  ASSERT_OK(log);
  EXPECT_EQ(append(**log, entry_of(2)).value(), 2U);
  EXPECT_FALSE(open_checkpoint((*log)->published_checkpoint(), place.log_key(), {}).has_value());
  EXPECT_EQ((*log)->entry(0).value(), entry_of(0));
}

// A witness that can be made to fail or to wait, before the real one.
struct Switch {
  std::mutex mutex;
  std::condition_variable changed;
  bool failing = false;
  bool waiting = false;
  int asked = 0;

  void set(bool fails, bool waits) {
    const std::lock_guard lock(mutex);
    failing = fails;
    waiting = waits;
    changed.notify_all();
  }
  void wait_asked(int times) {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_until(lock, soon().at(), [&] { return asked >= times; }));
  }
  LogWitness before(LogWitness witness) {
    witness.ask = [this, ask = witness.ask](const AddCheckpoint& request) -> Result<WitnessAnswer> {
      std::unique_lock lock(mutex);
      ++asked;
      changed.notify_all();
      changed.wait(lock, [this] { return !waiting; });
      if (failing) return failure(ErrorCode::unavailable, "nobody answers", "switch");
      lock.unlock();
      return ask(request);
    };
    return witness;
  }
};

TEST(Log, GoesOnWithoutAWitnessAndPublishesWhenItIsBack) {
  const LogPlace place;
  Switch line;
  LogOptions options = place.options();
  options.witnesses[0] = line.before(options.witnesses[0]);
  auto log = Log::open(options, {place.signer()}, true);
  ASSERT_OK(log);
  ASSERT_OK(append(**log, entry_of(0)));
  line.set(true, false);
  const auto appended = (*log)->append(entry_of(1), soon());
  ASSERT_OK(appended);
  const Status waited = (*log)->wait_published(1, Deadline::after_ms(100));
  ASSERT_EQ(code_of(waited), ErrorCode::timeout);
  EXPECT_NE(waited.error().message().find("witness-0"), std::string::npos) << waited.error().message();
  EXPECT_NE(waited.error().message().find("nobody answers"), std::string::npos);
  EXPECT_EQ((*log)->published_size(), 1U);
  EXPECT_EQ((*log)->size(), 2U);
  EXPECT_OK((*log)->health());
  line.set(false, false);
  EXPECT_OK((*log)->wait_published(1, soon()));
}

TEST(Log, ASlowWitnessDoesNotSlowAppending) {
  const LogPlace place;
  Switch line;
  LogOptions options = place.options();
  options.witnesses[0] = line.before(options.witnesses[0]);
  auto log = Log::open(options, {place.signer()}, true);
  ASSERT_OK(log);
  ASSERT_OK(append(**log, entry_of(0)));
  line.set(false, true);
  const int asked = line.asked;
  for (std::uint64_t i = 1; i < 40; ++i) ASSERT_OK((*log)->append(entry_of(i), soon()));
  EXPECT_EQ((*log)->published_size(), 1U);
  line.set(false, false);
  ASSERT_OK((*log)->wait_published(39, soon()));
  // The batches that came meanwhile were skipped.
  EXPECT_LE(line.asked - asked, 4);
}

TEST(Log, TwoOfThreeAreEnough) {
  const LogPlace place(3);
  Switch line;
  LogOptions options = place.options();
  options.cosignatures_min = 2;
  options.witnesses[1] = line.before(options.witnesses[1]);
  line.set(true, false);
  auto log = Log::open(options, {place.signer()}, true);
  ASSERT_OK(log);
  for (std::uint64_t i = 0; i < 20; ++i) ASSERT_OK(append(**log, entry_of(i)));
  const auto opened = open_checkpoint((*log)->published_checkpoint(), place.log_key(), place.cosigners());
  ASSERT_OK(opened);
  EXPECT_EQ(opened->cosignatures.size(), 2U);
  // The third comes back, and its cosignature is added to the published one.
  line.set(false, false);
  const Deadline end = soon();
  std::size_t count = 0;
  while (count < 3 && !end.passed())
    count = open_checkpoint((*log)->published_checkpoint(), place.log_key(), place.cosigners())->cosignatures.size();
  EXPECT_EQ(count, 3U);
}

TEST(Log, AFalseCosignatureDoesNotCount) {
  const LogPlace place;
  LogOptions options = place.options();
  for (const std::string& other : {std::string("stranger"), place.witness_key(0).name}) {
    options.witnesses[0].ask = [&](const AddCheckpoint& request) -> Result<WitnessAnswer> {
      const Note note = parse_note(request.checkpoint).value();
      crypto::KeySigner signer(key_pair_of("stranger"));
      NoteSignature signature = cosign_note(note.text, other, signer, 1'000).value();
      // Under the witness's own name and key id also one that its key has not made.
      if (other != "stranger") signature.key_id = place.witness_key(0).id();
      return WitnessAnswer{200, "text/plain", signature.line()};
    };
    auto log = Log::open(options, {place.signer()}, true);
    ASSERT_OK(log);
    const auto appended = (*log)->append(entry_of(0), soon());
    ASSERT_OK(appended);
    EXPECT_EQ(code_of((*log)->wait_published(appended->index, Deadline::after_ms(100))), ErrorCode::timeout);
    EXPECT_EQ((*log)->published_checkpoint(), "");
    EXPECT_OK((*log)->health());
  }
}

TEST(Log, ADeadlineThatPassesLeavesTheEntryOut) {
  const LogPlace place;
  Switch line;
  line.set(false, true);
  LogOptions options = place.options();
  options.witnesses[0] = line.before(options.witnesses[0]);
  auto log = Log::open(options, {place.signer()}, true);
  ASSERT_OK(log);
  // Before the witness was asked once nothing is taken.
  const auto appended = (*log)->append(entry_of(0), Deadline::after_ms(50));
  ASSERT_FALSE(appended.has_value());
  EXPECT_EQ(appended.error().code, ErrorCode::busy);
  line.set(false, false);
  EXPECT_EQ(append(**log, entry_of(1)).value(), 0U);
  EXPECT_EQ((*log)->entry(0).value(), entry_of(1));
}

// The whole folder of the log is replaced by an older copy of it: the witness remembers.
class SetBack : public testing::Test {
 protected:
  // A log of 30 entries; a copy of it when it had 10.
  void make() {
    auto log = place_.open();
    ASSERT_OK(log);
    for (std::uint64_t i = 0; i < 10; ++i) ASSERT_OK(append(**log, entry_of(i)));
    log->reset();
    std::filesystem::copy(place_.log_folder(), copy(), std::filesystem::copy_options::recursive);
    log = place_.open();
    ASSERT_OK(log);
    for (std::uint64_t i = 10; i < 30; ++i) ASSERT_OK(append(**log, entry_of(i)));
  }
  std::filesystem::path copy() const { return place_.root() / "copy"; }
  void set_back() const {
    std::filesystem::remove_all(place_.log_folder());
    std::filesystem::copy(copy(), place_.log_folder(), std::filesystem::copy_options::recursive);
  }
  void expect_stopped(Log& log) const {
    const auto appended = log.append(entry_of(99), soon());
    ASSERT_FALSE(appended.has_value());
    EXPECT_EQ(appended.error().code, ErrorCode::damaged);
    EXPECT_NE(appended.error().what.find("set back"), std::string::npos);
    EXPECT_EQ(appended.error().where, place_.witness_key(0).name);
    EXPECT_EQ(code_of(log.health()), ErrorCode::damaged);
    EXPECT_EQ(code_of(log.wait_published(99, soon())), ErrorCode::damaged);
  }

  const LogPlace place_;
};

TEST_F(SetBack, IsCaughtAtTheFirstAppendAndSignsNothingNew) {
  make();
  const std::size_t signed_before = place_.signed_checkpoints().size();
  set_back();
  auto log = place_.open();
  ASSERT_OK(log);
  expect_stopped(**log);
  const auto all = place_.signed_checkpoints();
  for (std::size_t i = signed_before; i < all.size(); ++i) EXPECT_EQ(all[i].size, 10U);
}

TEST_F(SetBack, IsCaughtAlsoWhereItGrewMeanwhile) {
  make();
  set_back();
  {
    // Nobody can be asked, so that it goes on.
    LogOptions options = place_.options();
    options.witnesses[0].ask = [](const AddCheckpoint&) -> Result<WitnessAnswer> {
      return failure(ErrorCode::unavailable, "nobody answers");
    };
    auto log = Log::open(options, {place_.signer()}, true);
    ASSERT_OK(log);
    for (std::uint64_t i = 0; i < 25; ++i) ASSERT_OK((*log)->append(entry_of(500 + i), soon()));
  }
  auto log = place_.open();
  ASSERT_OK(log);
  expect_stopped(**log);
}

TEST_F(SetBack, ToNothingIsCaughtToo) {
  make();
  std::filesystem::remove_all(place_.log_folder());
  auto log = place_.open();
  ASSERT_OK(log);
  expect_stopped(**log);
}

TEST(Log, ALostJournalIsNotANewLog) {
  const LogPlace place;
  {
    auto log = place.open();
    ASSERT_OK(log);
    ASSERT_OK(append(**log, entry_of(0)));
  }
  std::filesystem::remove(place.log_folder() / "journal");
  const auto opened = place.open();
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::damaged);
}

TEST(Log, AJournalOlderThanThePublishedCheckpointIsDamaged) {
  const LogPlace place;
  {
    auto log = place.open();
    ASSERT_OK(log);
    ASSERT_OK(append(**log, entry_of(0)));
  }
  std::filesystem::copy_file(place.log_folder() / "journal", place.root() / "older");
  {
    auto log = place.open();
    ASSERT_OK(log);
    ASSERT_OK(append(**log, entry_of(1)));
  }
  std::filesystem::copy_file(place.root() / "older", place.log_folder() / "journal",
                             std::filesystem::copy_options::overwrite_existing);
  const auto opened = place.open();
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::damaged);
  EXPECT_NE(opened.error().where.find("journal"), std::string::npos);
}

// What follows from the journal is made again from it.
TEST(Log, TilesAndCheckpointLostInAPowerFailureComeBack) {
  const LogPlace place;
  {
    auto log = place.open();
    ASSERT_OK(log);
    for (std::uint64_t i = 0; i < 300; ++i) ASSERT_OK((*log)->append(entry_of(i), soon()));
    ASSERT_OK((*log)->wait_published(299, soon()));
  }
  std::filesystem::remove_all(place.log_folder() / "tile");
  EXPECT_OK(Disk::system().write(place.log_folder() / "checkpoint", {}, false));
  auto log = place.open();
  ASSERT_OK(log);
  ASSERT_OK((*log)->wait_published(299, soon()));
  EXPECT_EQ((*log)->entry(7).value(), entry_of(7));
  log->reset();
  EXPECT_FALSE(place.check().wrong);
}

TEST(Log, TheJournalIsBegunAnewWhenItIsLong) {
  LogPlace place;
  place.journal_bytes_max = 10'000;
  {
    auto log = place.open();
    ASSERT_OK(log);
    for (std::uint64_t i = 0; i < 300; ++i) ASSERT_OK((*log)->append(entry_of(i), soon()));
    ASSERT_OK((*log)->wait_published(299, soon()));
  }
  EXPECT_LT(std::filesystem::file_size(place.log_folder() / "journal"), 11'000U);
  auto log = place.open();
  ASSERT_OK(log);
  EXPECT_EQ((*log)->size(), 300U);
  for (std::uint64_t i = 0; i < 300; ++i) ASSERT_EQ((*log)->entry(i).value(), entry_of(i));
  ASSERT_OK(append(**log, entry_of(300)));
  ASSERT_OK(append(**log, entry_of(301)));
  log->reset();
  const FsckReport report = place.check();
  EXPECT_FALSE(report.wrong) << report.wrong->message();
  // The full tile is there; whether partial ones of the same entries are left depends on what was published meanwhile,
  // and tlog-tiles allows both.
  EXPECT_TRUE(std::filesystem::exists(place.log_folder() / "tile/0/000"));
}

// The system's clock jumps about: entries go on, and cosignatures' times never go back.
TEST(Log, AJumpingClockChangesNothing) {
  const LogPlace place;
  std::atomic<std::int64_t> now_s = 1'800'000'000;
  auto log = Log::open(place.options(nullptr, [&] { return now_s.load(); }), {place.signer()}, true);
  ASSERT_OK(log);
  std::mt19937 random(7);
  SCOPED_TRACE("seed 7");
  std::int64_t last_s = 0;
  for (std::uint64_t i = 0; i < 40; ++i) {
    now_s = 1'800'000'000 + static_cast<std::int64_t>(random() % 2'000'000) - 1'000'000;
    ASSERT_OK(append(**log, entry_of(i)));
    const auto opened = open_checkpoint((*log)->published_checkpoint(), place.log_key(), place.cosigners());
    ASSERT_OK(opened);
    ASSERT_EQ(opened->cosignatures.size(), 1U);
    EXPECT_GE(opened->cosignatures[0].time_s, last_s);
    last_s = opened->cosignatures[0].time_s;
  }
}

// A log at rest has its witnesses cosign once more, for their time alone: nothing else changes.
TEST(Log, WitnessesTellTheirTimeAgain) {
  const LogPlace place(2);
  std::atomic<std::int64_t> now_s = 1'800'000'000;
  auto log = Log::open(place.options(nullptr, [&] { return now_s.load(); }), {place.signer()}, true);
  ASSERT_OK(log);
  EXPECT_TRUE(!(*log)->witnessed_time_s() || *(*log)->witnessed_time_s() == now_s);
  ASSERT_OK(append(**log, entry_of(0)));
  EXPECT_EQ((*log)->witnessed_time_s(), now_s);
  const auto wait_for = [&](std::int64_t time_s) {
    const Deadline deadline = soon();
    while ((*log)->witnessed_time_s() != time_s && !deadline.passed()) std::this_thread::yield();
    EXPECT_EQ((*log)->witnessed_time_s(), time_s);
  };
  for (const int later_s : {1'000, 2'000, 3'000}) {
    now_s = 1'800'000'000 + later_s;
    (*log)->ask_witnesses_again();
    wait_for(1'800'000'000 + later_s);
  }
  // Each stands there once, whatever was asked, and entries go on.
  const auto note = parse_note((*log)->published_checkpoint());
  ASSERT_OK(note);
  EXPECT_LE(note->signatures.size(), 3U);
  ASSERT_OK(append(**log, entry_of(1)));
  now_s = 1'700'000'000;
  ASSERT_OK(append(**log, entry_of(2)));
  EXPECT_EQ((*log)->witnessed_time_s(), 1'800'003'000);
}

}  // namespace
}  // namespace qorgan::ledger::test
