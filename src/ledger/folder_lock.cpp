#include "ledger/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace qorgan::ledger {
namespace {

constexpr const char* kLockFile = "lock";

}  // namespace

Result<FolderLock> FolderLock::take(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kLockFile;
  const auto fail = [&](const char* what) {
    const int reason = errno;
    return failure(reason == ENOSPC || reason == EDQUOT ? ErrorCode::storage_full : ErrorCode::unavailable,
                   std::string(what) + " (" + std::strerror(reason) + ")", path.string());
  };
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  FolderLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.descriptor_ < 0) return fail("cannot open the lock file");
  if (::flock(lock.descriptor_, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK)
    return failure(ErrorCode::busy, "another process has this log", folder.string(), "Stop that one first");
  return fail("cannot lock the log");
}

bool FolderLock::is_taken(const std::filesystem::path& folder) {
  const FolderLock lock(::open((folder / kLockFile).c_str(), O_RDONLY | O_CLOEXEC));
  return lock.descriptor_ >= 0 && ::flock(lock.descriptor_, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

FolderLock::FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace qorgan::ledger
