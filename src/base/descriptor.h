// What those have in common who open and write files of the system themselves (base/file.h, ledger/disk.h).
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"

namespace qorgan {

// An open file's number, closed when it goes.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  // Closes now, so that an error of close is seen.
  bool close();

 private:
  int number_;
};

// What the system's error number means to a caller: not_found, storage_full, or else unavailable.
tl::unexpected<Error> system_failure(const std::string& what, const std::filesystem::path& path, int number);

// All of it, going on after interruptions. False with errno where it cannot.
bool write_all(int descriptor, ByteView content);

}  // namespace qorgan
