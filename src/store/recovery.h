// Rebuilding a lost file from the history that the two other custodians have. Changes run inside the caller's
// transaction.
#pragma once

#include "store/keys.h"
#include "store/sqlite.h"

namespace qorgan::store {

// Operations that have been applied are passed over. True where a record was destroyed. Errors: invalid_input (a record
// or tombstone is missing, or cannot be kept), internal, stale.
Result<bool> add_history(Database& database, const Keys& keys, const History& history);

}  // namespace qorgan::store
