#include "ledger/witness.h"

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "base/limits.h"
#include "tests/ledger/format_support.h"
#include "tests/support/temp_folder.h"

namespace qorgan::ledger {
namespace {

using test::key_of;
using test::signer_of;
using test::SmallLog;

// Whole files, in memory. A failing write may have taken effect or not, as on a real disk.
class MemoryDisk final : public Disk {
 public:
  Result<std::unique_ptr<AppendFile>> open_append(const std::filesystem::path&) override { return unused(); }
  Status truncate(const std::filesystem::path&, std::uint64_t) override { return unused(); }
  Status sync(const std::filesystem::path&) override { return unused(); }
  Status remove(const std::filesystem::path&) override { return unused(); }
  Result<std::vector<std::string>> list(const std::filesystem::path&) override { return unused(); }
  Status write(const std::filesystem::path& path, ByteView content, bool durable) override {
    EXPECT_TRUE(durable);
    const std::lock_guard lock(mutex_);
    ++writes;
    if (!failing || keeps_failed) files[path] = Bytes(content.begin(), content.end());
    if (failing) return failure(ErrorCode::storage_full, "no room");
    return {};
  }
  Result<Bytes> read(const std::filesystem::path& path, std::size_t size_bytes_max) override {
    const std::lock_guard lock(mutex_);
    const auto found = files.find(path);
    if (found == files.end()) return failure(ErrorCode::not_found, "no such file", path.string());
    EXPECT_LE(found->second.size(), size_bytes_max);
    return found->second;
  }

  std::map<std::filesystem::path, Bytes> files;
  bool failing = false;
  bool keeps_failed = false;
  int writes = 0;

 private:
  static tl::unexpected<Error> unused() { return failure(ErrorCode::internal, "a witness has no use for this"); }
  std::mutex mutex_;
};

class BrokenSigner final : public crypto::Signer {
 public:
  const crypto::SignPublicKey& public_key() const override { return key_; }
  Result<crypto::Signature> sign(ByteView) override { return failure(ErrorCode::unavailable, "no token"); }

 private:
  crypto::SignPublicKey key_ = signer_of(20)->public_key();
};

class WitnessTest : public testing::Test {
 protected:
  struct Fork {
    std::string origin;
    std::string seen_note;
    AddCheckpoint request;
  };

  void SetUp() override { start(); }

  // As after a restart: only the files are left.
  void start(std::shared_ptr<crypto::Signer> signer = signer_of(20)) {
    auto opened = Witness::open(options(), std::move(signer));
    ASSERT_TRUE(opened) << opened.error().message();
    witness = std::move(*opened);
  }
  WitnessOptions options() {
    WitnessOptions made;
    made.folder = "state";
    made.name = "witness.example/w";
    made.logs = logs;
    made.former = former;
    made.now_s = [this] { return now_s; };
    made.on_fork = [this](const std::string& origin, const std::string& seen, const AddCheckpoint& request) {
      forks.push_back({origin, seen, request});
    };
    made.disk = &disk;
    return made;
  }

  AddCheckpoint request_of(std::size_t old_size, std::size_t size) const {
    return {old_size, log.tree.consistency(old_size, size), log.signed_note(log.checkpoint(size))};
  }
  WitnessAnswer add(const AddCheckpoint& request) { return witness->add_checkpoint(request.text()); }
  WitnessAnswer add(std::size_t old_size, std::size_t size) { return add(request_of(old_size, size)); }

  VerifierKey own_key() const { return key_of(*signer_of(20), "witness.example/w", KeyType::cosignature); }
  // The time of the cosignature that an answer carries, verified.
  std::int64_t cosigned_s(const WitnessAnswer& answer, std::size_t size) const {
    EXPECT_EQ(answer.status, 200) << answer.body;
    const std::string note = log.signed_note(log.checkpoint(size)) + answer.body;
    const auto opened = open_checkpoint(note, log.key(), std::vector{own_key()});
    EXPECT_TRUE(opened) << note;
    if (!opened || opened->cosignatures.size() != 1) return -1;
    return opened->cosignatures[0].time_s;
  }
  void expect_conflict(const WitnessAnswer& answer, std::size_t known) const {
    EXPECT_EQ(answer.status, 409);
    EXPECT_EQ(answer.content_type, "text/x.tlog.size");
    EXPECT_EQ(answer.body, std::to_string(known) + "\n");
  }

  SmallLog log;
  std::vector<VerifierKey> logs = {log.key()};
  std::vector<VerifierKey> former;
  MemoryDisk disk;
  std::int64_t now_s = 1'000'000;
  std::vector<Fork> forks;
  std::unique_ptr<Witness> witness;
};

TEST_F(WitnessTest, FollowsALog) {
  EXPECT_EQ(cosigned_s(add(0, 5), 5), now_s);
  EXPECT_EQ(cosigned_s(add(5, 6), 6), now_s);
  EXPECT_EQ(cosigned_s(add(6, 33), 33), now_s);
  EXPECT_TRUE(forks.empty());
  const auto latest = open_checkpoint(witness->latest(log.origin), log.key(), std::vector{own_key()});
  ASSERT_TRUE(latest);
  EXPECT_EQ(latest->checkpoint, log.checkpoint(33));
  EXPECT_EQ(latest->cosignatures.size(), 1U);
  EXPECT_EQ(witness->latest("log.example/unknown"), "");
}

TEST_F(WitnessTest, BeginsWithAnEmptyLog) {
  EXPECT_EQ(cosigned_s(add(0, 0), 0), now_s);
  EXPECT_EQ(cosigned_s(add(0, 3), 3), now_s);
}

TEST_F(WitnessTest, RemembersAfterARestart) {
  add(0, 5);
  add(5, 9);
  start();
  expect_conflict(add(0, 10), 9);
  expect_conflict(add(5, 10), 9);
  EXPECT_EQ(cosigned_s(add(9, 10), 10), now_s);
}

TEST_F(WitnessTest, WhatIsMalformedIs400) {
  const std::string good = request_of(0, 5).text();
  std::string many = "old 0\n";
  for (std::size_t i = 0; i <= limits::proof_hashes_max; ++i) many += to_base64(Hash{}) + "\n";
  for (const std::string& body :
       {std::string(), std::string("old 0\n"), std::string("old 0\n\n"), good.substr(1), "old 00" + good.substr(5),
        "old -1" + good.substr(5), "old" + good.substr(5), "old 9223372036854775808" + good.substr(5),
        "old 0\nAAAA" + good.substr(5), many + good.substr(5), good.substr(0, good.size() - 1), good + "x",
        good.substr(0, good.find("—")), "old 0\n\n" + std::string(limits::note_bytes_max + 1, 'a')})
    EXPECT_EQ(witness->add_checkpoint(body).status, 400) << body.substr(0, 200);
  const std::string text = log.checkpoint(5).text() + "extension\n";
  const std::string extended = Note{text, {sign_note(text, log.origin, *log.signer).value()}}.format();
  EXPECT_EQ(add({0, {}, extended}).status, 400);
  EXPECT_EQ(disk.writes, 0);
}

TEST_F(WitnessTest, AnOldSizeAboveTheNewIs400) {
  add(0, 5);
  EXPECT_EQ(add({5, {}, log.signed_note(log.checkpoint(4))}).status, 400);
  EXPECT_EQ(add({6, {}, log.signed_note(log.checkpoint(5))}).status, 400);
}

TEST_F(WitnessTest, AnUnknownLogIs404) {
  SmallLog other;
  other.origin = "log.example/two";
  EXPECT_EQ(add({0, {}, other.signed_note(other.checkpoint(5))}).status, 404);
}

TEST_F(WitnessTest, WhatTheLogHasNotSignedIs403) {
  SmallLog pretender;
  pretender.signer = signer_of(2);
  EXPECT_EQ(add({0, {}, pretender.signed_note(pretender.checkpoint(5))}).status, 403);
  AddCheckpoint request = request_of(0, 5);
  Note note = parse_note(request.checkpoint).value();
  note.signatures[0].signature[10] ^= 1;
  request.checkpoint = note.format();
  EXPECT_EQ(add(request).status, 403);
  EXPECT_EQ(disk.writes, 0);
}

TEST_F(WitnessTest, AnotherOldSizeIs409WithTheKnownOne) {
  expect_conflict(add(3, 5), 0);
  add(0, 5);
  expect_conflict(add(0, 9), 5);
  expect_conflict(add(4, 9), 5);
  expect_conflict(add(6, 9), 5);
  expect_conflict(add(3, 4), 5);
  expect_conflict(add(0, 0), 5);
}

TEST_F(WitnessTest, AProofThatDoesNotHoldIs422) {
  AddCheckpoint request = request_of(0, 5);
  request.proof = {Hash{}};
  EXPECT_EQ(add(request).status, 422);
  EXPECT_TRUE(forks.empty()) << "an empty log is continued by every log";
  add(0, 5);
  request = request_of(5, 9);
  request.proof.back()[0] ^= 1;
  EXPECT_EQ(add(request).status, 422);
  request.proof.clear();
  EXPECT_EQ(add(request).status, 422);
  request = request_of(5, 5);
  request.proof = {Hash{}};
  EXPECT_EQ(add(request).status, 422);
  EXPECT_EQ(cosigned_s(add(5, 9), 9), now_s) << "nothing of it stays";
}

// The order of C2SP tlog-witness: what comes first there is what is answered.
TEST_F(WitnessTest, ChecksComeInTheirOrder) {
  add(0, 5);
  SmallLog pretender;
  pretender.signer = signer_of(2);
  EXPECT_EQ(add({9, {}, pretender.signed_note(pretender.checkpoint(4))}).status, 403) << "signature before sizes";
  pretender.origin = "log.example/two";
  EXPECT_EQ(add({9, {}, pretender.signed_note(pretender.checkpoint(4))}).status, 404) << "origin before signature";
  EXPECT_EQ(add({7, {Hash{}}, log.signed_note(log.checkpoint(6))}).status, 400)
      << "order of sizes before the known one";
  EXPECT_EQ(add({4, {Hash{}}, log.signed_note(log.checkpoint(6))}).status, 409) << "the known size before the proof";
}

TEST_F(WitnessTest, AnotherRootForTheSameSizeIs409AndAFork) {
  add(0, 5);
  const std::string seen = witness->latest(log.origin);
  Checkpoint forged = log.checkpoint(5);
  forged.root[0] ^= 1;
  const AddCheckpoint request = {5, {}, log.signed_note(forged)};
  expect_conflict(add(request), 5);
  ASSERT_EQ(forks.size(), 1U);
  EXPECT_EQ(forks[0].origin, log.origin);
  EXPECT_EQ(forks[0].seen_note, seen);
  EXPECT_EQ(forks[0].request.text(), request.text());
  // Whatever old size it is sent with.
  expect_conflict(add({0, {}, log.signed_note(forged)}), 5);
  EXPECT_EQ(forks.size(), 2U);
  EXPECT_EQ(witness->latest(log.origin), seen);
  // An honest log that has merely fallen behind is none.
  expect_conflict(add(0, 5), 5);
  expect_conflict(add(3, 4), 5);
  EXPECT_EQ(forks.size(), 2U);
}

TEST_F(WitnessTest, ALogThatDoesNotContinueItselfIsAFork) {
  add(0, 5);
  std::vector<Bytes> entries;
  for (std::size_t i = 0; i < 9; ++i) entries.push_back(log.tree.entry(i));
  entries[2] = {'x'};
  SmallLog other = log;
  other.tree = test::ClearTree(entries);
  const AddCheckpoint request = {5, other.tree.consistency(5, 9), other.signed_note(other.checkpoint(9))};
  EXPECT_EQ(add(request).status, 422);
  ASSERT_EQ(forks.size(), 1U);
  EXPECT_EQ(forks[0].request.text(), request.text());
}

TEST_F(WitnessTest, TheSameCheckpointIsCosignedAfresh) {
  add(0, 5);
  EXPECT_EQ(disk.writes, 1);
  EXPECT_EQ(cosigned_s(add(5, 5), 5), now_s);
  EXPECT_EQ(disk.writes, 1) << "within a second it is the same signature";
  now_s += 60;
  EXPECT_EQ(cosigned_s(add(5, 5), 5), now_s);
  EXPECT_EQ(disk.writes, 2);
}

TEST_F(WitnessTest, TimeNeverGoesBack) {
  const std::int64_t first_s = now_s;
  add(0, 5);
  now_s -= 3600;
  EXPECT_EQ(cosigned_s(add(5, 6), 6), first_s);
  start();
  EXPECT_EQ(cosigned_s(add(6, 7), 7), first_s);
  now_s = -5;
  EXPECT_EQ(cosigned_s(add(7, 8), 8), first_s);
}

// What goes out is on the disk before; what could not be written never goes out.
TEST_F(WitnessTest, StateIsDurableBeforeTheAnswer) {
  const WitnessAnswer answer = add(0, 5);
  ASSERT_EQ(disk.files.size(), 1U);
  const Bytes& file = disk.files.begin()->second;
  EXPECT_EQ(std::string(file.begin(), file.end()), log.signed_note(log.checkpoint(5)) + answer.body);

  for (const bool keeps_failed : {false, true}) {
    disk.failing = true;
    disk.keeps_failed = keeps_failed;
    const WitnessAnswer failed = add(5, 9);
    EXPECT_EQ(failed.status, 500);
    EXPECT_EQ(failed.body.find("—"), std::string::npos);
    EXPECT_EQ(parse_checkpoint(parse_note(witness->latest(log.origin))->text)->size, 5U);
  }
  // A restart finds the newer state, whose signature never went out: the log hears so, and goes on from there.
  disk.failing = false;
  start();
  expect_conflict(add(5, 9), 9);
  EXPECT_EQ(cosigned_s(add(9, 9), 9), now_s);
}

TEST_F(WitnessTest, AfterAFailureItGoesOn) {
  add(0, 5);
  disk.failing = true;
  EXPECT_EQ(add(5, 9).status, 500);
  disk.failing = false;
  EXPECT_EQ(cosigned_s(add(5, 8), 8), now_s);
}

TEST_F(WitnessTest, ASignerThatFailsLeavesNoTrace) {
  start(std::make_shared<BrokenSigner>());
  EXPECT_EQ(add(0, 5).status, 500);
  EXPECT_EQ(disk.writes, 0);
  EXPECT_EQ(witness->latest(log.origin), "");
}

TEST_F(WitnessTest, OthersSignaturesAreNotKept) {
  AddCheckpoint request = request_of(0, 5);
  for (int i = 0; i < 50; ++i)
    request.checkpoint += NoteSignature{"other" + std::to_string(i), 5, Bytes(500, 1)}.line();
  EXPECT_EQ(cosigned_s(add(request), 5), now_s);
  EXPECT_EQ(parse_note(witness->latest(log.origin))->signatures.size(), 2U);
}

// A state that was changed is noticed, or makes no difference to what is remembered.
TEST_F(WitnessTest, DamagedStateIsNeverBelieved) {
  add(0, 5);
  Bytes& file = disk.files.begin()->second;
  const Bytes good = file;
  int noticed = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    file = good;
    file[i] ^= 1;
    auto opened = Witness::open(options(), signer_of(20));
    if (!opened) {
      EXPECT_EQ(opened.error().code, ErrorCode::damaged);
      EXPECT_EQ(opened.error().where, disk.files.begin()->first.string());
      ++noticed;
      continue;
    }
    witness = std::move(*opened);
    expect_conflict(add(0, 6), 5);
    EXPECT_EQ(add(5, 6).status, 200) << "byte " << i;
  }
  EXPECT_GT(noticed, 200);
  for (std::size_t length = 0; length < good.size(); ++length) {
    file = Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
    const auto opened = Witness::open(options(), signer_of(20));
    // Cut between two lines of signatures, the log's alone is left, of the same checkpoint.
    if (opened) {
      EXPECT_EQ(parse_checkpoint(parse_note((*opened)->latest(log.origin))->text)->size, 5U);
    } else {
      EXPECT_EQ(opened.error().code, ErrorCode::damaged);
    }
  }
}

TEST_F(WitnessTest, AnotherLogsStateIsNotBelieved) {
  SmallLog other;
  other.origin = "log.example/two";
  logs.push_back(other.key());
  start();
  add(0, 5);
  add({0, {}, other.signed_note(other.checkpoint(3))});
  ASSERT_EQ(disk.files.size(), 2U);
  std::swap(disk.files.begin()->second, disk.files.rbegin()->second);
  EXPECT_EQ(Witness::open(options(), signer_of(20)).error().code, ErrorCode::damaged);
}

TEST_F(WitnessTest, ALogMayChangeItsKey) {
  add(0, 5);
  SmallLog renewed = log;
  renewed.signer = signer_of(3);
  const AddCheckpoint request = {5, log.tree.consistency(5, 6), renewed.signed_note(log.checkpoint(6))};
  EXPECT_EQ(add(request).status, 403);
  former = logs;
  logs = {renewed.key()};
  start();
  EXPECT_EQ(add(request).status, 200);
  start();
  expect_conflict(add({0, {}, renewed.signed_note(log.checkpoint(7))}), 6);
}

// A thief of the key of before, who continues the log by a leaf of their own, must not get ahead of the log itself.
TEST_F(WitnessTest, AFormerKeySignsNothingNew) {
  add(0, 5);
  SmallLog renewed = log;
  renewed.signer = signer_of(3);
  former = logs;
  logs = {renewed.key()};
  start();
  EXPECT_EQ(add(5, 6).status, 403);
  EXPECT_EQ(add(0, 6).status, 403);
  Checkpoint forged = log.checkpoint(5);
  forged.root[0] ^= 1;
  EXPECT_EQ(add({5, {}, log.signed_note(forged)}).status, 403);
  EXPECT_TRUE(forks.empty());
  EXPECT_EQ(add({5, log.tree.consistency(5, 6), renewed.signed_note(log.checkpoint(6))}).status, 200);
}

TEST_F(WitnessTest, AnOlderCheckpointIsNoFork) {
  add(0, 5);
  expect_conflict(add({0, {}, log.signed_note(log.checkpoint(3))}), 5);
  EXPECT_EQ(add({5, {}, log.signed_note(log.checkpoint(3))}).status, 400);
  EXPECT_TRUE(forks.empty()) << "every receipt carries one";
}

// The race that C2SP tlog-witness warns of: of requests that start from the same size only one may pass.
TEST_F(WitnessTest, OfRequestsAtOnceOneWins) {
  for (std::size_t size = 0; size + 4 < log.tree.size(); size += 4) {
    std::vector<std::string> bodies;
    for (std::size_t ahead = 1; ahead <= 4; ++ahead) bodies.push_back(request_of(size, size + ahead).text());
    std::atomic<int> cosigned = 0;
    std::vector<std::thread> threads;
    for (const std::string& body : bodies)
      threads.emplace_back([&cosigned, &body, this] {
        if (witness->add_checkpoint(body).status == 200) ++cosigned;
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(cosigned, 1);
    const std::size_t reached = parse_checkpoint(parse_note(witness->latest(log.origin))->text)->size;
    if (reached < size + 4) {
      EXPECT_EQ(add(reached, size + 4).status, 200);
    }
  }
}

TEST(WitnessFiles, StateIsKeptInTheFolder) {
  qorgan::test::TempFolder folder;
  SmallLog log;
  WitnessOptions options;
  options.folder = folder.path() / "witness";
  options.name = "witness.example/w";
  options.logs = {log.key()};
  for (const std::size_t size : {0U, 7U}) {
    auto witness = Witness::open(options, signer_of(20));
    ASSERT_TRUE(witness) << witness.error().message();
    const AddCheckpoint request = {size, log.tree.consistency(size, size + 7),
                                   log.signed_note(log.checkpoint(size + 7))};
    EXPECT_EQ((*witness)->add_checkpoint(request.text()).status, 200);
  }
}

TEST(AddCheckpointText, ComesBack) {
  SmallLog log;
  const AddCheckpoint request = {5, log.tree.consistency(5, 9), log.signed_note(log.checkpoint(9))};
  EXPECT_TRUE(request.text().starts_with("old 5\n" + to_base64(request.proof[0]) + "\n"));
  const AddCheckpoint read = parse_add_checkpoint(request.text()).value();
  EXPECT_EQ(read.old_size, 5U);
  EXPECT_EQ(read.proof, request.proof);
  EXPECT_EQ(read.checkpoint, request.checkpoint);
}

// The example of C2SP tlog-witness.
TEST(AddCheckpointText, ExampleOfTheSpecification) {
  const std::string body =
      "old 20852014\n"
      "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
      "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
      "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"
      "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
      "\n"
      "example.com/behind-the-sofa\n"
      "20852163\n"
      "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
      "\n"
      "— example.com/behind-the-sofa "
      "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
      "— example.com/behind-the-sofa "
      "opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n";
  const AddCheckpoint request = parse_add_checkpoint(body).value();
  EXPECT_EQ(request.old_size, 20852014U);
  EXPECT_EQ(request.proof.size(), 4U);
  EXPECT_EQ(parse_note(request.checkpoint)->signatures.size(), 2U);
  EXPECT_EQ(request.text(), body);
}

}  // namespace
}  // namespace qorgan::ledger
