// A log in a folder, as one that is followed serves it, and what those who run it might do to it.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "ledger/follow.h"
#include "ledger/leaf.h"
#include "ledger/tiles.h"
#include "tests/ledger/format_support.h"
#include "tests/support/temp_folder.h"

namespace qorgan::ledger::test {

using qorgan::test::TempFolder;

class FolderLog {
 public:
  // Keys are made from the number.
  explicit FolderLog(int number);

  TrustedLog trusted() const { return {key(), {cosigner_key()}, 1}; }
  VerifierKey key() const { return key_of(*signer_, origin_); }
  VerifierKey cosigner_key() const { return key_of(*cosigner_, "witness.example", KeyType::cosignature); }
  std::filesystem::path folder() const { return folder_.path(); }

  // In memory, until publish().
  void add(std::string_view entry) { entries_.emplace_back(entry.begin(), entry.end()); }
  void add_many(std::size_t count, std::string_view word = "entry");
  std::vector<Bytes>& entries() { return entries_; }
  // Writes everything anew, cosigned at that time.
  void publish(std::int64_t time_s = 1'000'000);
  // A checkpoint of those entries alone, whatever the files say.
  std::string checkpoint_of(const std::vector<Bytes>& entries, std::int64_t time_s = 1'000'000, bool cosigned = true);
  void write(const std::string& path, std::string_view content) const;
  std::string read(const std::string& path) const;

 private:
  std::string origin_;
  std::shared_ptr<crypto::Signer> signer_;
  std::shared_ptr<crypto::Signer> cosigner_;
  TempFolder folder_;
  std::vector<Bytes> entries_;
};

// Serves a folder, and counts; fails where it is told to.
class TrickySource final : public LogSource {
 public:
  explicit TrickySource(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Result<Bytes> fetch(const std::string& path, std::size_t bytes_max) override;
  std::string name() const override { return "tricky"; }

  int fail_after = -1;  // so many fetches succeed; -1: all
  std::function<void(const std::string& path)> before_fetch;

 private:
  std::filesystem::path folder_;
};

// A follower whose source the test keeps hold of.
struct Followed {
  Followed(const FolderLog& log, std::filesystem::path state);
  // Fails the test where it is an error.
  FollowUpdate update();
  void reopen();

  const FolderLog& log;
  std::filesystem::path state;
  std::int64_t now_s = 1'000'010;
  std::int64_t still_s_max = 0;
  TrickySource* source = nullptr;
  std::unique_ptr<Follower> follower;
};

}  // namespace qorgan::ledger::test
