// What the tests of a log's storage share: a log with witnesses in this process, artificial entries, a full check.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "ledger/fsck.h"
#include "ledger/log.h"
#include "tests/support/expect.h"
#include "tests/support/temp_folder.h"

namespace qorgan::ledger::test {

// Puts the tests' files into memory where the system has a folder there. TMPDIR overrides.
struct QuickFolder {
  QuickFolder();
};

// One log and its witnesses, whose keys follow from their names and whose states outlive every opening.
class LogPlace {
 public:
  explicit LogPlace(int witnesses = 1);

  const std::filesystem::path& root() const { return folder_.path(); }
  std::filesystem::path log_folder() const { return folder_.path() / "log"; }
  std::string origin() const { return "qorgan.test/log"; }
  VerifierKey log_key() const;
  VerifierKey witness_key(int witness) const;
  std::vector<VerifierKey> cosigners() const;
  TrustedLog trusted() const { return {log_key(), cosigners(), 1}; }
  // Writes what it signs to the file "signed" before it gives it away, so that the test sees everything that was ever
  // signed, also by a process that was killed.
  std::shared_ptr<crypto::Signer> signer() const;
  std::vector<Checkpoint> signed_checkpoints() const;

  // Opens the witnesses anew each time. `now_s` is their clock.
  LogOptions options(Disk* disk = nullptr, std::function<std::int64_t()> now_s = {}) const;
  Result<std::unique_ptr<Log>> open(Disk* disk = nullptr) const;
  // The journal is begun anew after this.
  std::uint64_t journal_bytes_max = limits::log_journal_bytes_max;
  FsckReport check() const;

 private:
  QuickFolder quick_;
  qorgan::test::TempFolder folder_;
  int witnesses_;
};

crypto::SignKeyPair key_pair_of(const std::string& name);
// Entry `number`, of 20 to 120 bytes that depend on it.
Bytes entry_of(std::uint64_t number);
inline Deadline soon() {
  return Deadline::after_ms(20'000);
}
// Appends and waits until it is published.
Result<std::uint64_t> append(Log& log, const Bytes& entry);

}  // namespace qorgan::ledger::test
