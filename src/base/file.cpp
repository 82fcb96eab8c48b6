#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/descriptor.h"

namespace qorgan {

Result<Bytes> read_file(const std::filesystem::path& path, std::size_t size_bytes_max) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return system_failure("cannot open the file", path, errno);
  struct stat about {};
  if (::fstat(file.get(), &about) != 0) return system_failure("cannot look at the file", path, errno);
  if (!S_ISREG(about.st_mode)) return failure(ErrorCode::invalid_input, "not a regular file", path.string());
  if (static_cast<std::uintmax_t>(about.st_size) > size_bytes_max)
    return failure(ErrorCode::invalid_input, "the file is larger than anything expected here", path.string());
  Bytes content(static_cast<std::size_t>(about.st_size));
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t got = ::read(file.get(), content.data() + done, content.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure("cannot read the file", path, errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  content.resize(done);
  return content;
}

Result<std::string> read_text_file(const std::filesystem::path& path, std::size_t size_bytes_max) {
  QORGAN_TRY(const Bytes content, read_file(path, size_bytes_max));
  return std::string(content.begin(), content.end());
}

Status write_file_atomically(const std::filesystem::path& path, ByteView content, FileMode mode) {
  const std::filesystem::path beside = path.string() + ".new." + std::to_string(::getpid());
  Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, static_cast<mode_t>(mode)));
  if (file.get() < 0) return system_failure("cannot write the file", path, errno);
  if (!write_all(file.get(), content) || ::fsync(file.get()) != 0 || !file.close() ||
      ::rename(beside.c_str(), path.c_str()) != 0) {
    const int number = errno;
    ::unlink(beside.c_str());
    return system_failure("cannot write the file", path, number);
  }
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const Descriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.get() < 0 || ::fsync(parent.get()) != 0)
    return system_failure("cannot make the file's name durable", path, errno);
  return {};
}

Status destroy_file(const std::filesystem::path& path) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0 && errno == ENOENT) return {};
  if (file.get() < 0) return system_failure("cannot open the file to destroy it", path, errno);
  struct stat about {};
  if (::fstat(file.get(), &about) != 0) return system_failure("cannot look at the file", path, errno);
  const Bytes zeros(std::min<std::size_t>(static_cast<std::size_t>(about.st_size), 1 << 20));
  for (std::size_t left = static_cast<std::size_t>(about.st_size); left > 0;) {
    const std::size_t step = std::min(left, zeros.size());
    if (!write_all(file.get(), ByteView(zeros).first(step)))
      return system_failure("cannot overwrite the file", path, errno);
    left -= step;
  }
  if (::fsync(file.get()) != 0 || ::unlink(path.c_str()) != 0)
    return system_failure("cannot destroy the file", path, errno);
  return {};
}

}  // namespace qorgan
