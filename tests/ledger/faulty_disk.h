// A disk of which one operation fails, is cut short half-way, or is the last thing that the process does.
#pragma once

#include <atomic>
#include <cstdint>

#include "ledger/disk.h"

namespace qorgan::ledger::test {

enum class Fault {
  none,
  fails,        // nothing is done
  cut_short,    // half of it is done, then it fails
  kill_before,  // the process ends
  kill_after,
};

// Counts the operations that change something, from 1; `at` is the one that the fault happens to.
class FaultyDisk final : public Disk {
 public:
  FaultyDisk(Fault fault, std::uint64_t at) : fault_(fault), at_(at) {}
  std::uint64_t count() const { return count_; }

  Result<std::unique_ptr<AppendFile>> open_append(const std::filesystem::path& path) override;
  Status truncate(const std::filesystem::path& path, std::uint64_t size_bytes) override;
  Status write(const std::filesystem::path& path, ByteView content, bool durable) override;
  Status sync(const std::filesystem::path& path) override;
  Status remove(const std::filesystem::path& path) override;
  Result<Bytes> read(const std::filesystem::path& path, std::size_t size_bytes_max) override;
  Result<std::vector<std::string>> list(const std::filesystem::path& folder) override;

  // Does the operation, or what the fault makes of it; `half` is what is done of one that is cut short.
  template <class Whole, class Half>
  Status run(const Whole& whole, const Half& half);

 private:
  bool is_hit() { return ++count_ == at_ && fault_ != Fault::none; }

  const Fault fault_;
  const std::uint64_t at_;
  std::atomic<std::uint64_t> count_ = 0;
};

inline constexpr int kKilled = 42;  // the exit code of a process that the fault has ended

}  // namespace qorgan::ledger::test
