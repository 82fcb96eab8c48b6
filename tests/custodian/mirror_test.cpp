#include "custodian/mirror.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>

#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "custodian/fork.h"
#include "custodian/mirror_sender.h"
#include "ledger/evidence.h"
#include "ledger/log.h"
#include "tests/support/expect.h"
#include "tests/support/temp_folder.h"

namespace qorgan::custodian {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOrigin = "qorgan.test/log";
constexpr const char* kWitness = "qorgan.test/witness";

std::shared_ptr<crypto::Signer> signer_of(const std::string& name) {
  const crypto::Digest seed = crypto::sha256(as_bytes(name));
  return std::make_shared<crypto::KeySigner>(crypto::sign_key_pair_from_seed(crypto::Key(ByteView(seed).first<32>())));
}

Bytes entry(std::uint64_t number, std::size_t size = 40) {
  std::string text = "entry " + std::to_string(number);
  text.resize(size, '.');
  return {text.begin(), text.end()};
}

// A log of its own, and one mirror of it with its witness, in one process.
class MirrorTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    crypto::initialise();
    if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 0);
  }

  void SetUp() override {
    folder_.emplace();
    open_mirror();
  }

  fs::path log_folder() const { return folder_->path() / "log"; }
  fs::path mirror_path() const { return folder_->path() / "mirror-1"; }
  static ledger::VerifierKey log_key() { return {kOrigin, ledger::KeyType::ed25519, signer_of("log")->public_key()}; }

  void open_mirror() {
    mirror_.reset();
    ledger::WitnessOptions options;
    options.folder = folder_->path() / "witness";
    options.name = kWitness;
    options.logs = {log_key()};
    auto witness = ledger::Witness::open(std::move(options), signer_of("witness"));
    ASSERT_OK(witness);
    witness_ = std::move(*witness);
    MirrorOptions mirror_options;
    mirror_options.folder = mirror_path();
    mirror_options.log_keys = {log_key()};
    mirror_options.on_fork = [this](const std::string& seen, const ledger::AddCheckpoint& request) {
      ++forks_;
      tell_of_fork(folder_->path(), log_key(), seen, request);
    };
    if (burst_bytes_max_ > 0) mirror_options.burst_bytes_max = burst_bytes_max_;
    mirror_options.day_bytes_max = day_bytes_max_;
    mirror_options.has_room = [this](std::uint64_t) { return has_room_.load(); };
    auto mirror = Mirror::open(std::move(mirror_options), *witness_);
    ASSERT_OK(mirror);
    mirror_ = std::move(*mirror);
  }

  void open_log() {
    log_.reset();
    sender_ = std::make_unique<MirrorSender>(log_folder(), [this](const net::Message& message) {
      ++messages_;
      return answer(message);
    });
    ledger::LogOptions options;
    options.folder = log_folder();
    options.origin = kOrigin;
    options.witnesses = {{{kWitness, ledger::KeyType::cosignature, signer_of("witness")->public_key()},
                          [this](const ledger::AddCheckpoint& request) { return sender_->ask(request); }}};
    auto log = ledger::Log::open(std::move(options), {signer_of("log")}, true);
    ASSERT_OK(log);
    log_ = std::move(*log);
  }

  Result<net::Message> answer(const net::Message& message) {
    QORGAN_TRY(const MirrorUpdate update, read_cosign(message));
    // As it would come over the wire.
    QORGAN_TRY(const Bytes frame, net::encode_message(cosign_answer(mirror_->take(update))));
    return net::decode_message(frame);
  }

  void append(std::uint64_t from, std::uint64_t to, std::size_t size = 40) {
    const Deadline deadline = Deadline::after_ms(20'000);
    for (std::uint64_t i = from; i < to; ++i) ASSERT_OK(log_->append(entry(i, size), deadline));
    ASSERT_OK(log_->wait_published(to - 1, deadline));
  }

  // All that the mirror holds, read in many steps.
  std::vector<Bytes> mirrored() const {
    std::vector<Bytes> all;
    while (true) {
      const auto bytes = mirror_->read(all.size(), 500);
      EXPECT_TRUE(bytes);
      const auto some = split_entries(*bytes);
      EXPECT_TRUE(some);
      if (some->empty()) return all;
      all.insert(all.end(), some->begin(), some->end());
    }
  }

  // As a log that does as it likes sends it.
  static std::string signed_note(std::uint64_t size, const ledger::Hash& root) {
    const std::string text = ledger::Checkpoint{kOrigin, size, root}.text();
    return ledger::Note{text, {*ledger::sign_note(text, kOrigin, *signer_of("log"))}}.format();
  }
  static std::string note_over(const std::vector<Bytes>& entries) {
    ledger::RightEdge edge;
    for (const Bytes& one : entries) edge.add(ledger::leaf_hash(one));
    return signed_note(edge.size(), edge.root());
  }
  static MirrorUpdate first_update(const std::vector<Bytes>& entries) {
    return {0, entries, ledger::AddCheckpoint{0, {}, note_over(entries)}.text()};
  }

  std::optional<qorgan::test::TempFolder> folder_;
  std::unique_ptr<ledger::Witness> witness_;
  std::unique_ptr<Mirror> mirror_;
  std::unique_ptr<MirrorSender> sender_;
  std::unique_ptr<ledger::Log> log_;
  std::uint64_t burst_bytes_max_ = 0;  // 0: as it is
  std::uint64_t day_bytes_max_ = limits::mirror_day_bytes_max;
  std::atomic<bool> has_room_ = true;
  int messages_ = 0;
  int forks_ = 0;
};

TEST_F(MirrorTest, HoldsEveryEntryOfWhatIsPublished) {
  open_log();
  append(0, 1);
  append(1, 600);
  const std::vector<Bytes> all = mirrored();
  ASSERT_EQ(all.size(), 600U);
  for (std::uint64_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], entry(i));
  const auto checkpoint = ledger::open_checkpoint(mirror_->checkpoint(), log_key(), {});
  ASSERT_OK(checkpoint);
  EXPECT_EQ(checkpoint->checkpoint.size, 600U);
}

TEST_F(MirrorTest, ASingleEntryCostsOneMessage) {
  open_log();
  append(0, 300);
  messages_ = 0;
  append(300, 301);
  EXPECT_EQ(messages_, 1);
}

TEST_F(MirrorTest, GoesOnAfterANewStartOfEither) {
  open_log();
  append(0, 300);
  open_mirror();
  append(300, 310);
  open_log();
  append(310, 520);
  EXPECT_EQ(mirrored().size(), 520U);
}

TEST_F(MirrorTest, AsksAnewForWhatItHasLost) {
  open_log();
  append(0, 300);
  fs::remove_all(mirror_path());
  open_mirror();
  EXPECT_TRUE(mirrored().empty());
  append(300, 301);
  EXPECT_EQ(mirrored().size(), 301U);
}

TEST_F(MirrorTest, MuchIsSentInSeveralMessages) {
  open_log();
  append(0, 1);
  fs::remove_all(mirror_path());
  open_mirror();
  fs::remove_all(folder_->path() / "witness");
  // Nobody is asked while these are added, so that all must be sent at once.
  log_.reset();
  sender_.reset();
  ledger::LogOptions alone;
  alone.folder = log_folder();
  alone.origin = kOrigin;
  alone.cosignatures_min = 0;
  auto log = ledger::Log::open(std::move(alone), {signer_of("log")}, false);
  ASSERT_OK(log);
  constexpr std::size_t kEntryBytes = 60'000;
  const std::uint64_t count = 3 * limits::keeping_bytes_per_turn / kEntryBytes;
  for (std::uint64_t i = 1; i < count; ++i)
    ASSERT_OK((*log)->append(entry(i, kEntryBytes), Deadline::after_ms(20'000)));
  log->reset();
  messages_ = 0;
  open_log();
  append(count, count + 1);
  EXPECT_GE(messages_, 3);
  EXPECT_EQ(mirrored().size(), count + 1);
}

TEST_F(MirrorTest, TilesThatDoNotLeadToTheRootArePutAside) {
  open_log();
  append(0, 300);
  mirror_.reset();
  const fs::path tile = mirror_path() / "tile/0/001.p/44";
  ASSERT_TRUE(fs::exists(tile));
  std::fstream(tile, std::ios::in | std::ios::out | std::ios::binary).put('x');
  open_mirror();
  EXPECT_TRUE(mirrored().empty());
  EXPECT_TRUE(fs::exists(mirror_path().string() + ".damaged"));
  append(300, 301);
  EXPECT_EQ(mirrored().size(), 301U);
}

TEST_F(MirrorTest, AnOldOrTornCheckpointDoesNotSetItBack) {
  open_log();
  append(0, 10);
  mirror_.reset();
  std::ofstream(mirror_path() / "checkpoint", std::ios::trunc) << "qorgan.te";
  open_mirror();
  EXPECT_EQ(mirrored().size(), 10U);
  std::ifstream file(mirror_path() / "checkpoint");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), mirror_->checkpoint());
}

TEST_F(MirrorTest, NothingIsCosignedWithoutItsEntries) {
  const std::vector<Bytes> entries = {entry(0), entry(1), entry(2)};
  MirrorUpdate update = first_update(entries);
  update.from = 1;
  MirrorAnswer answer = mirror_->take(update);
  EXPECT_EQ(answer.witness.status, kBehind);
  EXPECT_EQ(answer.mirror_size, 0U);
  update = first_update(entries);
  update.entries.pop_back();
  answer = mirror_->take(update);
  EXPECT_EQ(answer.witness.status, kBehind);
  EXPECT_EQ(answer.mirror_size, 2U);
  // Other entries than the checkpoint's.
  update = first_update(entries);
  update.entries[2] = entry(9);
  EXPECT_EQ(mirror_->take(update).witness.status, 403);
  EXPECT_EQ(witness_->latest(kOrigin), "");
  // The right ones are taken all the same.
  answer = mirror_->take(first_update(entries));
  EXPECT_EQ(answer.witness.status, 200) << answer.witness.body;
  EXPECT_EQ(mirrored(), entries);
}

TEST_F(MirrorTest, WhatWasNotCosignedMayBeTakenBack) {
  EXPECT_EQ(mirror_->take({0, {entry(0), entry(1)}, ""}).witness.status, kMoreToCome);
  const std::vector<Bytes> entries = {entry(0), entry(5)};
  const MirrorAnswer answer = mirror_->take(first_update(entries));
  EXPECT_EQ(answer.witness.status, kBehind);
  EXPECT_EQ(answer.mirror_size, 0U);
  EXPECT_EQ(mirror_->take(first_update(entries)).witness.status, 200);
  EXPECT_EQ(mirrored(), entries);
}

TEST_F(MirrorTest, AnotherEntryThanWasCosignedIsRefused) {
  const std::vector<Bytes> entries = {entry(0), entry(1)};
  ASSERT_EQ(mirror_->take(first_update(entries)).witness.status, 200);
  const std::vector<Bytes> others = {entry(0), entry(7), entry(2)};
  EXPECT_EQ(mirror_->take(first_update(others)).witness.status, 403);
  EXPECT_EQ(mirrored(), entries);
  EXPECT_EQ(mirror_->take({2, {entry(2)}, ""}).witness.status, kMoreToCome);
}

TEST_F(MirrorTest, TwoRootsOfOneSizeAreKeptAsEvidence) {
  const std::vector<Bytes> entries = {entry(0), entry(1)};
  ASSERT_EQ(mirror_->take(first_update(entries)).witness.status, 200);
  const MirrorUpdate fork{2, {}, ledger::AddCheckpoint{2, {}, note_over({entry(0), entry(7)})}.text()};
  EXPECT_EQ(mirror_->take(fork).witness.status, 403);
  EXPECT_EQ(mirror_->take(fork).witness.status, 403);
  EXPECT_EQ(forks_, 2);
  std::vector<fs::path> files;
  for (const auto& file : fs::directory_iterator(folder_->path() / kEvidenceFolder)) files.push_back(file.path());
  ASSERT_EQ(files.size(), 1U);
  std::ifstream file(files[0]);
  const auto evidence = ledger::parse_evidence(std::string(std::istreambuf_iterator<char>(file), {}));
  ASSERT_OK(evidence);
  const auto verdict = ledger::verify_evidence(*evidence);
  ASSERT_OK(verdict);
  EXPECT_TRUE(verdict->proven);
}

TEST_F(MirrorTest, AnUnsignedForkIsNoEvidence) {
  ASSERT_EQ(mirror_->take(first_update({entry(0)})).witness.status, 200);
  const std::string text = ledger::Checkpoint{kOrigin, 1, ledger::leaf_hash(entry(9))}.text();
  const std::string note = ledger::Note{text, {*ledger::sign_note(text, kOrigin, *signer_of("stranger"))}}.format();
  EXPECT_EQ(mirror_->take({1, {}, ledger::AddCheckpoint{1, {}, note}.text()}).witness.status, 403);
  EXPECT_EQ(forks_, 0);
}

TEST_F(MirrorTest, AnotherLogsCheckpointIsNotTaken) {
  const std::string text = ledger::Checkpoint{"qorgan.test/other", 0, ledger::empty_root()}.text();
  const std::string note =
      ledger::Note{text, {*ledger::sign_note(text, "qorgan.test/other", *signer_of("log"))}}.format();
  EXPECT_EQ(mirror_->take({0, {}, ledger::AddCheckpoint{0, {}, note}.text()}).witness.status, 404);
}

// 100 entries of 40 bytes, each with its length, are all that the mirror takes.
TEST_F(MirrorTest, ALogThatGrowsTooFastIsMirroredNoFurther) {
  burst_bytes_max_ = 100 * 42;
  day_bytes_max_ = 0;
  open_mirror();
  open_log();
  append(0, 100);
  EXPECT_EQ(log_->missing_cosignatures(), "");
  ASSERT_OK(log_->append(entry(100), Deadline::after_ms(20'000)));
  const Status published = log_->wait_published(100, Deadline::after_ms(300));
  ASSERT_FALSE(published);
  // The log's own custodian sees why; what was mirrored is served as before.
  EXPECT_NE(log_->missing_cosignatures().find("grows faster"), std::string::npos) << log_->missing_cosignatures();
  EXPECT_NE(published.error().message().find("grows faster"), std::string::npos) << published.error().message();
  EXPECT_EQ(mirrored().size(), 100U);
  EXPECT_EQ(ledger::open_checkpoint(mirror_->checkpoint(), log_key(), {})->checkpoint.size, 100U);
  // A cosignature of what it has is given still.
  EXPECT_EQ(mirror_->take({100, {}, ""}).witness.status, kMoreToCome);
  EXPECT_EQ(mirror_->take({100, {entry(100)}, ""}).witness.status, kTooFast);
}

// What comes again is not counted again, and what is taken back later is.
TEST_F(MirrorTest, WhatIsSentAgainCostsNothing) {
  burst_bytes_max_ = 3 * 42;
  day_bytes_max_ = 0;
  open_mirror();
  for (int times = 0; times < 5; ++times)
    EXPECT_EQ(mirror_->take({0, {entry(0), entry(1)}, ""}).witness.status, kMoreToCome);
  EXPECT_EQ(mirror_->take({2, {entry(2), entry(3)}, ""}).witness.status, kTooFast);
  EXPECT_EQ(mirror_->take({2, {entry(2)}, ""}).witness.status, kMoreToCome);
  EXPECT_EQ(mirror_->take({0, {entry(9)}, ""}).witness.status, kBehind);
  EXPECT_EQ(mirror_->take({0, {entry(9)}, ""}).witness.status, kTooFast);
}

TEST_F(MirrorTest, GrowsAgainAsTimePasses) {
  burst_bytes_max_ = 10 * 42;
  day_bytes_max_ = std::uint64_t{86'400} * 42'000;  // a thousand entries a second
  open_mirror();
  open_log();
  for (std::uint64_t i = 0; i < 100; i += 5) append(i, i + 5);
  EXPECT_EQ(mirrored().size(), 100U);
}

TEST_F(MirrorTest, TheLastOfADiskIsNotTaken) {
  open_log();
  append(0, 3);
  has_room_ = false;
  ASSERT_OK(log_->append(entry(3), Deadline::after_ms(20'000)));
  const Status published = log_->wait_published(3, Deadline::after_ms(300));
  ASSERT_FALSE(published);
  EXPECT_NE(published.error().message().find("no room"), std::string::npos) << published.error().message();
  EXPECT_EQ(mirrored().size(), 3U);
  has_room_ = true;
  ASSERT_OK(log_->wait_published(3, Deadline::after_ms(20'000)));
  EXPECT_EQ(log_->missing_cosignatures(), "");
}

TEST(MirrorMessages, EntriesComeOutAsTheyWentIn) {
  const std::vector<Bytes> entries = {entry(0, 1), entry(1, 300), entry(2, 65535)};
  const auto back = split_entries(join_entries(entries));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, entries);
  EXPECT_TRUE(split_entries({})->empty());
}

TEST(MirrorMessages, WhatIsNoEntriesIsRefused) {
  Bytes bytes = join_entries({entry(0, 5), entry(1, 5)});
  bytes.pop_back();
  EXPECT_FALSE(split_entries(bytes));
  EXPECT_FALSE(split_entries(Bytes{0}));
  EXPECT_FALSE(split_entries(Bytes{0, 0}));
  net::Message message = cosign_message({3, {entry(0)}, "text"});
  message.head["entries_bytes"] = message.body.size() + 1;
  EXPECT_FALSE(read_cosign(message));
  message.head.erase("entries_bytes");
  EXPECT_FALSE(read_cosign(message));
  message = cosign_message({3, {entry(0)}, "text"});
  message.head["from"] = -1;
  EXPECT_FALSE(read_cosign(message));
}

}  // namespace
}  // namespace qorgan::custodian
