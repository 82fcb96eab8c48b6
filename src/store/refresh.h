// New shares for records: written beside the old ones first, then put in their place. Changes run inside the caller's
// transaction.
#pragma once

#include "store/keys.h"
#include "store/sqlite.h"

namespace qorgan::store {

// In place of what was staged for the record before; nothing where the record has been erased. Errors: invalid_input
// (not fingers that could be the record's), stale (another epoch than its next), not_found (there never was one).
Status stage_shares(Database& database, const Keys& keys, const StagedShares& staged);
// Errors: not_found (a record of the range has no staged shares), damaged (those, or others, fail their check).
Status use_staged_shares(Database& database, const Keys& keys, std::int64_t first_seq, std::int64_t last_seq);

}  // namespace qorgan::store
