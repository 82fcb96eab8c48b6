// Copies of a custodian's database for safe keeping, and putting one back. The log is in no backup: it is public, and
// mirrored by the two others.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace qorgan::custodian {

struct BackupOptions {
  std::filesystem::path folder;  // of the custodian
  std::filesystem::path network_file;
  std::filesystem::path file;  // the copy
};

// A consistent copy as of now, sealed as the database is: it opens with the same storage key. The running daemon is
// asked for it, under this custodian's own TLS key; without one the file is copied by this process. Errors:
// already_exists (the copy), those of the keys, of calling and of the store.
Status back_up(const BackupOptions& options);

// Checks the copy in full and puts it in the database's place, with an entry for the log that says so; what was there
// is set aside until the custodian is recovered. What has been decided since the copy was made is missing: where there
// is anything, the daemon will not start before recover() has brought it. Errors: busy (the daemon runs), not_found,
// damaged, wrong_network, refused (another storage key), storage_full.
Status restore(const BackupOptions& options);

}  // namespace qorgan::custodian
