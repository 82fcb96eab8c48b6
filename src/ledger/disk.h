// The few things that a log does to files, behind an interface, so that the tests can make each of them fail, be cut
// short, or be the last thing that the process does.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace qorgan::ledger {

// A file that is only added to.
class AppendFile {
 public:
  AppendFile() = default;
  virtual ~AppendFile() = default;
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  // May have written a part where it fails.
  virtual Status append(ByteView bytes) = 0;
  // fdatasync. After a failure nothing is known about what was appended since the last success.
  virtual Status sync() = 0;
  virtual Result<std::uint64_t> size_bytes() const = 0;
};

// Thread-safe, but for two writes of one path at once. Errors of all: storage_full, unavailable, not_found.
class Disk {
 public:
  Disk() = default;
  virtual ~Disk() = default;
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  // Of a file that is there.
  virtual Result<std::unique_ptr<AppendFile>> open_append(const std::filesystem::path& path) = 0;
  // Cuts a file to that length and syncs it.
  virtual Status truncate(const std::filesystem::path& path, std::uint64_t size_bytes) = 0;
  // Writes beside the path (PATH.new) and renames; with `durable` also syncs file and folder. Makes missing folders.
  virtual Status write(const std::filesystem::path& path, ByteView content, bool durable) = 0;
  // fsync of a file or folder that is there.
  virtual Status sync(const std::filesystem::path& path) = 0;
  // A file or an empty folder; one that is not there is no error.
  virtual Status remove(const std::filesystem::path& path) = 0;
  // Errors also: invalid_input where the file is longer than size_bytes_max, or is none.
  virtual Result<Bytes> read(const std::filesystem::path& path, std::size_t size_bytes_max) = 0;
  // The names in a folder, in no order; none where it is not there.
  virtual Result<std::vector<std::string>> list(const std::filesystem::path& folder) = 0;

  // The system's own.
  static Disk& system();
};

}  // namespace qorgan::ledger
