// One process a log.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace qorgan::ledger {

// Held for as long as the object lives; the system gives it back where a process dies.
class FolderLock {
 public:
  // Locks `folder`/lock, which is made where it is not there. Errors: busy (another process, or another object of this
  // one, has it), unavailable, storage_full.
  static Result<FolderLock> take(const std::filesystem::path& folder);
  // Whether someone has it at present. Makes nothing.
  static bool is_taken(const std::filesystem::path& folder);

  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&& other) noexcept;
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace qorgan::ledger
