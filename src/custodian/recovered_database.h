// The database of a custodian that is being recovered.
#pragma once

#include <filesystem>
#include <functional>

#include "custodian/recovery_link.h"
#include "ledger/log_files.h"
#include "store/store.h"

namespace qorgan::custodian {

struct RecoveredDatabase {
  bool was_empty = false;     // nothing of an earlier one could be used
  std::int64_t taken_up = 0;  // decisions that came from the others
  std::int64_t applied = 0;   // the last decision
  std::size_t people = 0;
};

struct DatabaseRecovery {
  store::Options options;  // of the custodian's database
  const crypto::Key* storage_key = nullptr;
  RecoveryId id{};
  std::int64_t applied = 0;  // at the two others
  const ledger::LogFiles* log = nullptr;
  std::function<void(std::int64_t applied)> on_progress;  // may be empty
};

// Brings the database to what the two others have applied. One that is there and whole is gone on from, an old copy
// (of a backup) in particular: what was erased since goes, what was enrolled since comes. Where shares were refreshed
// since, where it is damaged, or where it tells another history, it is set aside and all is fetched anew. What had been
// begun before, and was killed, is gone on from. Writes down that the log's entries so far are not to be missed in the
// database, and the entry that tells of the recovery. Errors: damaged (the two others contradict one another),
// unavailable, storage_full, refused (another storage key), busy.
Result<RecoveredDatabase> recover_database(const DatabaseRecovery& recovery, RecoveryLink& link);

}  // namespace qorgan::custodian
