#include "store/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace qorgan::store {
namespace {

tl::unexpected<Error> system_failure(const char* what, const std::filesystem::path& path) {
  const int reason = errno;
  const bool full = reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
  return failure(full ? ErrorCode::storage_full : ErrorCode::unavailable,
                 std::string(what) + " (" + std::strerror(reason) + ")", path.string());
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

// Of a file or a folder.
Status sync(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return system_failure("it cannot be opened", path);
  const int synced = ::fsync(descriptor);
  Status done;
  if (synced != 0) done = system_failure("it cannot be made durable", path);
  ::close(descriptor);
  return done;
}

Status check_no_log(const std::filesystem::path& path) {
  for (const char* suffix : {"-wal", "-journal"}) {
    std::filesystem::path log = path;
    log += suffix;
    std::error_code error;
    if (std::filesystem::exists(log, error))
      return failure(ErrorCode::damaged, "a log is there without its database", log.string(),
                     "Restore the database, with its log, from a backup");
  }
  return {};
}

}  // namespace

Result<bool> check_file(const std::filesystem::path& path) {
  // Looked at by name and never opened: closing a descriptor would drop the locks that this process holds on the file.
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) return system_failure("the file cannot be reached", path);
    QORGAN_CHECK(check_no_log(path));
    return false;
  }
  if (!S_ISREG(status.st_mode)) return failure(ErrorCode::refused, "this is no regular file", path.string());
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return failure(ErrorCode::refused, "others than its owner may read or write the file", path.string(),
                   "Find out who could read it, then set its mode to 600");
  if (status.st_size == 0)
    return failure(ErrorCode::damaged, "the file is empty", path.string(), "Restore it from a backup");
  return true;
}

Status make_empty_file(const std::filesystem::path& path) {
  for (const char* suffix : {"", "-wal", "-journal"}) {
    std::filesystem::path leftover = path;
    leftover += suffix;
    if (::unlink(leftover.c_str()) != 0 && errno != ENOENT)
      return system_failure("an unfinished file cannot be removed", leftover);
  }
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) return system_failure("the file cannot be made", path);
  ::close(descriptor);
  return {};
}

Status put_in_place(const std::filesystem::path& finished, const std::filesystem::path& path) {
  QORGAN_CHECK(sync(finished));
  if (::renameat2(AT_FDCWD, finished.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) return failure(ErrorCode::already_exists, "the file is there already", path.string());
    return system_failure("the file cannot be given its name", path);
  }
  return sync(folder_of(path));
}

}  // namespace qorgan::store
