#include "custodian/database_file.h"

#include "base/file.h"
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

}  // namespace

Status set_database_aside(const fs::path& custodian_folder) {
  std::error_code error;
  const bool is_first = !fs::exists(database(custodian_folder, ".old"), error);
  for (const char* suffix : kSuffixes) {
    const fs::path path = database(custodian_folder, suffix);
    if (!fs::exists(path, error)) continue;
    if (!is_first) {
      QORGAN_CHECK(destroy_file(path));
      continue;
    }
    fs::rename(path, database(custodian_folder, std::string(".old") + suffix), error);
    if (error)
      return failure(ErrorCode::unavailable, "cannot set the database aside (" + error.message() + ")", path.string());
  }
  return ledger::Disk::system().sync(custodian_folder);
}

Status destroy_set_aside(const fs::path& custodian_folder) {
  for (const char* suffix : kSuffixes)
    QORGAN_CHECK(destroy_file(database(custodian_folder, std::string(".old") + suffix)));
  return {};
}

}  // namespace qorgan::custodian
