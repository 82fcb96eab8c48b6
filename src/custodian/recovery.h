// Bringing a custodian back that has lost its database, its log, or its part of the pseudonym key, from the two others
// (docs/protocol.md, 2; custodian/recovery_source.h is the other end).
#pragma once

#include <filesystem>
#include <functional>

#include "custodian/recovered_database.h"

namespace qorgan::custodian {

struct RecoveryOptions {
  std::filesystem::path folder;  // with tls.pem, sign.key, storage.key and the policy
  std::filesystem::path network_file;
  std::function<void(std::int64_t applied)> on_progress;  // may be empty
};

struct RecoveryReport {
  int custodian = 0;
  bool made_pseudonym_key = false;
  bool adopted_log = false;
  std::uint64_t log_entries = 0;
  RecoveredDatabase database;
};

// While this custodian's daemon does not run and the two others' do. To be repeated after an error, or where it was
// killed: it goes on where it was. Openings of this custodian's own entries, notices to relying parties and the number
// of searches made under a warrant, which nobody else has, are kept as far as an earlier database has them.
//
// Errors: not_found, damaged, refused, wrong_network (the keys and the policy, naming the file); busy (the daemon
// runs); those of recover_log and recover_database.
Result<RecoveryReport> recover(const RecoveryOptions& options);

}  // namespace qorgan::custodian
