#include "tests/store/faulty_files.h"

#include <sqlite3.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>

namespace qorgan::store::test {
namespace {

Fault fault_now = Fault::none;
std::uint64_t fault_at = 0;
std::uint64_t changes = 0;
sqlite3_vfs* system_files = nullptr;

struct File {
  sqlite3_file base;
  sqlite3_file* real;
};

sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<File*>(file)->real;
}

int run(int error, const std::function<int()>& whole, const std::function<int()>& half) {
  if (++changes != fault_at) return whole();
  switch (fault_now) {
    case Fault::none:
      return whole();
    case Fault::fails:
      return error;
    case Fault::cut_short:
      half();
      return error;
    case Fault::kill_before:
      break;
    case Fault::kill_cut_short:
      half();
      break;
    case Fault::kill_after:
      whole();
      break;
  }
  ::_exit(kKilled);
}

int done() {
  return SQLITE_OK;
}

int close(sqlite3_file* file) {
  const int code = real(file)->pMethods == nullptr ? SQLITE_OK : real(file)->pMethods->xClose(real(file));
  std::free(real(file));
  return code;
}
int read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
  return real(file)->pMethods->xRead(real(file), to, size, at);
}
int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
  const auto some = [=](int bytes) { return real(file)->pMethods->xWrite(real(file), from, bytes, at); };
  return run(
      SQLITE_IOERR_WRITE, [=] { return some(size); }, [=] { return some(size / 2); });
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
  const auto cut = [=] { return real(file)->pMethods->xTruncate(real(file), size); };
  return run(SQLITE_IOERR_TRUNCATE, cut, cut);
}
int sync(sqlite3_file* file, int flags) {
  return run(
      SQLITE_IOERR_FSYNC, [=] { return real(file)->pMethods->xSync(real(file), flags); }, done);
}
int size_of(sqlite3_file* file, sqlite3_int64* size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}
int lock(sqlite3_file* file, int level) {
  return real(file)->pMethods->xLock(real(file), level);
}
int unlock(sqlite3_file* file, int level) {
  return real(file)->pMethods->xUnlock(real(file), level);
}
int is_reserved(sqlite3_file* file, int* out) {
  return real(file)->pMethods->xCheckReservedLock(real(file), out);
}
int control(sqlite3_file* file, int what, void* argument) {
  return real(file)->pMethods->xFileControl(real(file), what, argument);
}
int sector_size(sqlite3_file* file) {
  return real(file)->pMethods->xSectorSize(real(file));
}
int characteristics(sqlite3_file* file) {
  return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

// Of the first version: without shared memory, which a store of one process does without, and without mapped reads.
constexpr sqlite3_io_methods kMethods = {
    1,           close,           read,    write,   truncate, sync,    size_of, lock,   unlock, is_reserved, control,
    sector_size, characteristics, nullptr, nullptr, nullptr,  nullptr, nullptr, nullptr};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  auto* opened = static_cast<sqlite3_file*>(std::calloc(1, static_cast<std::size_t>(system_files->szOsFile)));
  *reinterpret_cast<File*>(file) = {{&kMethods}, opened};
  const int code = system_files->xOpen(system_files, name, opened, flags, flags_out);
  if (code == SQLITE_OK) return code;
  std::free(opened);
  file->pMethods = nullptr;
  return code;
}

int remove(sqlite3_vfs*, const char* name, int durable) {
  return run(
      SQLITE_IOERR_DELETE, [=] { return system_files->xDelete(system_files, name, durable); }, done);
}

}  // namespace

void use_faulty_files(Fault fault, std::uint64_t at) {
  static sqlite3_vfs faulty;
  system_files = sqlite3_vfs_find(nullptr);
  faulty = *system_files;
  faulty.zName = "faulty";
  faulty.pNext = nullptr;
  faulty.szOsFile = sizeof(File);
  faulty.xOpen = open;
  faulty.xDelete = remove;
  fault_now = fault;
  fault_at = at;
  changes = 0;
  sqlite3_vfs_register(&faulty, 1);
}

std::uint64_t changes_of_files() {
  return changes;
}

}  // namespace qorgan::store::test
