#include "ledger/journal.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "tests/ledger/faulty_disk.h"
#include "tests/ledger/log_support.h"

namespace qorgan::ledger::test {
namespace {

const std::string kState = "origin\n0\nroot\n\n- signature\n";

JournalRecord batch_of(std::uint64_t first, int count) {
  JournalRecord batch{{}, "checkpoint " + std::to_string(first) + "\n"};
  for (int i = 0; i < count; ++i) batch.entries.push_back(entry_of(first + static_cast<std::uint64_t>(i)));
  return batch;
}

class JournalFile : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "journal"; }
  Bytes bytes() const { return Disk::system().read(path(), 1 << 20).value(); }
  void put(const Bytes& content) const { EXPECT_OK(Disk::system().write(path(), content, false)); }

  // Three batches; the file's length after each record.
  std::vector<std::uint64_t> fill() const {
    auto journal = Journal::create(Disk::system(), path(), kState);
    EXPECT_OK(journal);
    std::vector<std::uint64_t> ends{journal->size_bytes()};
    for (std::uint64_t i = 0; i < 3; ++i) {
      EXPECT_OK(journal->append(batch_of(10 * i, 3)));
      ends.push_back(journal->size_bytes());
    }
    return ends;
  }
  static void expect_batches(const JournalContent& content, std::size_t count) {
    EXPECT_EQ(content.state, kState);
    ASSERT_EQ(content.batches.size(), count);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(content.batches[i].entries, batch_of(10 * i, 3).entries);
      EXPECT_EQ(content.batches[i].checkpoint, batch_of(10 * i, 3).checkpoint);
    }
  }

 private:
  QuickFolder quick_;
  qorgan::test::TempFolder folder_;
};

TEST_F(JournalFile, KeepsWhatWasAppended) {
  fill();
  JournalContent content;
  ASSERT_OK(Journal::open(Disk::system(), path(), content));
  expect_batches(content, 3);
}

TEST_F(JournalFile, ATornLastRecordIsDroppedWhereverItWasCut) {
  const auto ends = fill();
  const Bytes whole = bytes();
  for (std::uint64_t size = ends[2]; size < ends[3]; ++size) {
    put(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    JournalContent content;
    auto journal = Journal::open(Disk::system(), path(), content);
    ASSERT_OK(journal);
    expect_batches(content, 2);
    EXPECT_EQ(journal->size_bytes(), ends[2]);
    // What comes next stands where the torn one was.
    ASSERT_OK(journal->append(batch_of(20, 3)));
    EXPECT_EQ(bytes(), whole);
  }
}

TEST_F(JournalFile, AWrongByteIsDamageUnlessInTheLastRecord) {
  const auto ends = fill();
  const Bytes whole = bytes();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    Bytes changed = whole;
    changed[at] ^= 0x41;
    const auto content = parse_journal(changed, "here");
    if (at < ends[2]) {
      ASSERT_FALSE(content.has_value()) << at;
      EXPECT_EQ(content.error().code, ErrorCode::damaged);
      EXPECT_EQ(content.error().where, "here");
    } else {
      ASSERT_OK(content);
      expect_batches(*content, 2);
    }
  }
}

TEST_F(JournalFile, WithoutItsFirstRecordItIsDamaged) {
  const auto ends = fill();
  const Bytes whole = bytes();
  for (std::uint64_t size = 0; size < ends[0]; ++size) {
    const auto content = parse_journal(ByteView(whole).first(size), "here");
    EXPECT_FALSE(content.has_value()) << size;
  }
  const auto batches_alone = parse_journal(ByteView(whole).subspan(ends[0]), "here");
  ASSERT_FALSE(batches_alone.has_value());
  EXPECT_EQ(batches_alone.error().code, ErrorCode::damaged);
}

TEST_F(JournalFile, BeginsAnewFromAState) {
  fill();
  JournalContent content;
  auto journal = Journal::open(Disk::system(), path(), content);
  ASSERT_OK(journal);
  ASSERT_OK(journal->restart("another state\n"));
  ASSERT_OK(journal->append(batch_of(70, 2)));
  ASSERT_OK(Journal::open(Disk::system(), path(), content));
  EXPECT_EQ(content.state, "another state\n");
  ASSERT_EQ(content.batches.size(), 1U);
  EXPECT_EQ(content.batches[0].entries, batch_of(70, 2).entries);
}

// An append is in the file or is not, whatever fails: the record's own writing and sync, and the cutting back.
TEST_F(JournalFile, AFailedAppendLeavesNothing) {
  for (const Fault fault : {Fault::fails, Fault::cut_short}) {
    for (std::uint64_t at = 1;; ++at) {
      const auto ends = fill();
      const Bytes before = bytes();
      FaultyDisk disk(fault, at);
      JournalContent content;
      auto journal = Journal::open(disk, path(), content);
      if (!journal) continue;  // the fault was in opening
      const Status done = journal->append(batch_of(30, 3));
      EXPECT_FALSE(journal->undecided());
      if (done) {
        EXPECT_LT(disk.count(), at) << "a fault was not told";
        break;
      }
      EXPECT_EQ(done.error().code, ErrorCode::storage_full);
      EXPECT_EQ(bytes(), before);
      EXPECT_OK(journal->append(batch_of(30, 3)));
      EXPECT_GT(bytes().size(), ends.back());
    }
  }
}

// Fails from one operation on: nothing can be brought back then.
class BrokenDisk final : public Disk {
 public:
  bool broken = false;

  Result<std::unique_ptr<AppendFile>> open_append(const std::filesystem::path& path) override {
    QORGAN_CHECK(check());
    QORGAN_TRY(auto file, system().open_append(path));
    return std::make_unique<File>(*this, std::move(file));
  }
  Status truncate(const std::filesystem::path& path, std::uint64_t size_bytes) override {
    QORGAN_CHECK(check());
    return system().truncate(path, size_bytes);
  }
  Status write(const std::filesystem::path& path, ByteView content, bool durable) override {
    QORGAN_CHECK(check());
    return system().write(path, content, durable);
  }
  Status sync(const std::filesystem::path& path) override {
    QORGAN_CHECK(check());
    return system().sync(path);
  }
  Status remove(const std::filesystem::path&) override { return check(); }
  Result<Bytes> read(const std::filesystem::path& path, std::size_t size_bytes_max) override {
    return system().read(path, size_bytes_max);
  }
  Result<std::vector<std::string>> list(const std::filesystem::path& folder) override { return system().list(folder); }

 private:
  class File final : public AppendFile {
   public:
    File(BrokenDisk& disk, std::unique_ptr<AppendFile> file) : disk_(disk), file_(std::move(file)) {}
    Status append(ByteView bytes) override { return file_->append(bytes); }
    Status sync() override {
      QORGAN_CHECK(disk_.check());
      return file_->sync();
    }
    Result<std::uint64_t> size_bytes() const override { return file_->size_bytes(); }

   private:
    BrokenDisk& disk_;
    std::unique_ptr<AppendFile> file_;
  };
  Status check() const {
    if (broken) return failure(ErrorCode::unavailable, "input/output error");
    return {};
  }
};

TEST_F(JournalFile, IsUndecidedWhereItCannotBeCutBack) {
  BrokenDisk disk;
  auto journal = Journal::create(disk, path(), kState);
  ASSERT_OK(journal);
  disk.broken = true;
  const Status done = journal->append(batch_of(0, 3));
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, ErrorCode::undecided);
  EXPECT_TRUE(journal->undecided());
  // Opened anew it is decided: here the record was written in full.
  disk.broken = false;
  JournalContent content;
  ASSERT_OK(Journal::open(disk, path(), content));
  expect_batches(content, 1);
}

TEST(JournalPayload, RefusesOtherForms) {
  const Bytes good = batch_of(0, 2).payload();
  ASSERT_TRUE(parse_journal_payload(good).has_value());
  for (std::size_t size = 0; size + 1 < good.size(); ++size) {
    const auto cut = parse_journal_payload(ByteView(good).first(size));
    ASSERT_FALSE(cut.has_value()) << size;
    EXPECT_EQ(cut.error().code, ErrorCode::damaged);
  }
  Bytes many;
  append_u32(many, static_cast<std::uint32_t>(limits::log_batch_entries_max + 1));
  many.resize(4 << 20, 0);
  EXPECT_FALSE(parse_journal_payload(many).has_value());
}

}  // namespace
}  // namespace qorgan::ledger::test
