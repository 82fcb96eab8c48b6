#include "ledger/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/descriptor.h"
#include "base/file.h"

namespace qorgan::ledger {
namespace {

namespace fs = std::filesystem;

class SystemAppendFile final : public AppendFile {
 public:
  SystemAppendFile(fs::path path, int descriptor) : path_(std::move(path)), file_(descriptor) {}

  Status append(ByteView bytes) override {
    if (!write_all(file_.get(), bytes)) return system_failure("cannot write the file", path_, errno);
    return {};
  }
  Status sync() override {
    if (::fdatasync(file_.get()) != 0) return system_failure("cannot make the file durable", path_, errno);
    return {};
  }
  Result<std::uint64_t> size_bytes() const override {
    struct stat about {};
    if (::fstat(file_.get(), &about) != 0) return system_failure("cannot look at the file", path_, errno);
    return static_cast<std::uint64_t>(about.st_size);
  }

 private:
  fs::path path_;
  Descriptor file_;
};

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

constexpr int kBesideFlags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
constexpr mode_t kPublicMode = 0644;

// The folder is made only where it turns out to be missing: it hardly ever is.
Result<int> open_beside(const fs::path& beside) {
  int number = ::open(beside.c_str(), kBesideFlags, kPublicMode);
  if (number < 0 && errno == ENOENT) {
    std::error_code error;
    fs::create_directories(folder_of(beside), error);
    if (error) return system_failure("cannot make the folder", folder_of(beside), error.value());
    number = ::open(beside.c_str(), kBesideFlags, kPublicMode);
  }
  if (number < 0) return system_failure("cannot write the file", beside, errno);
  return number;
}

class SystemDisk final : public Disk {
 public:
  Result<std::unique_ptr<AppendFile>> open_append(const fs::path& path) override {
    const int number = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (number < 0) return system_failure("cannot open the file", path, errno);
    return std::make_unique<SystemAppendFile>(path, number);
  }

  Status truncate(const fs::path& path, std::uint64_t size_bytes) override {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file.is_open()) return system_failure("cannot open the file", path, errno);
    if (::ftruncate(file.get(), static_cast<off_t>(size_bytes)) != 0 || ::fsync(file.get()) != 0)
      return system_failure("cannot cut the file", path, errno);
    return {};
  }

  Status write(const fs::path& path, ByteView content, bool durable) override {
    const fs::path beside = path.string() + ".new";
    {
      QORGAN_TRY(const int number, open_beside(beside));
      const Descriptor file(number);
      if (!write_all(file.get(), content) || (durable && ::fsync(file.get()) != 0) ||
          ::rename(beside.c_str(), path.c_str()) != 0) {
        const int reason = errno;
        ::unlink(beside.c_str());
        return system_failure("cannot write the file", path, reason);
      }
    }
    return durable ? sync(folder_of(path)) : Status{};
  }

  Status sync(const fs::path& path) override {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open() || ::fsync(file.get()) != 0) return system_failure("cannot make it durable", path, errno);
    return {};
  }

  Status remove(const fs::path& path) override {
    if (::remove(path.c_str()) != 0 && errno != ENOENT) return system_failure("cannot remove it", path, errno);
    return {};
  }

  Result<Bytes> read(const fs::path& path, std::size_t size_bytes_max) override {
    return read_file(path, size_bytes_max);
  }

  Result<std::vector<std::string>> list(const fs::path& folder) override {
    std::vector<std::string> names;
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error))
      names.push_back(entry->path().filename().string());
    if (error && error.value() != ENOENT) return system_failure("cannot list the folder", folder, error.value());
    return names;
  }
};

}  // namespace

Disk& Disk::system() {
  static SystemDisk disk;
  return disk;
}

}  // namespace qorgan::ledger
