#include "custodian/database_file.h"

#include "custodian/files.h"
#include "ledger/disk.h"

namespace qorgan::custodian {
namespace {

namespace fs = std::filesystem;

// The database comes last, so that it never is without its log.
constexpr const char* kSuffixes[] = {"-shm", "-journal", "-wal", ""};

fs::path database(const fs::path& folder, const std::string& suffix) {
  return folder / (kDatabaseFile + suffix);
}

Status done_or(const std::error_code& error, const char* what, const fs::path& path) {
  if (!error) return {};
  return failure(ErrorCode::unavailable, std::string(what) + " (" + error.message() + ")", path.string());
}

}  // namespace

Status set_database_aside(const fs::path& custodian_folder) {
  std::error_code error;
  const bool is_first = !fs::exists(database(custodian_folder, ".old"), error);
  for (const char* suffix : kSuffixes) {
    const fs::path path = database(custodian_folder, suffix);
    if (!fs::exists(path, error)) continue;
    if (is_first) {
      fs::rename(path, database(custodian_folder, std::string(".old") + suffix), error);
    } else {
      fs::remove(path, error);
    }
    QORGAN_CHECK(done_or(error, "cannot set the database aside", path));
  }
  return ledger::Disk::system().sync(custodian_folder);
}

Status remove_set_aside(const fs::path& custodian_folder) {
  for (const char* suffix : kSuffixes) {
    const fs::path path = database(custodian_folder, std::string(".old") + suffix);
    std::error_code error;
    fs::remove(path, error);
    QORGAN_CHECK(done_or(error, "cannot remove a former database", path));
  }
  return {};
}

}  // namespace qorgan::custodian
