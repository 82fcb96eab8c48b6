// What is written together with a change. Runs inside the caller's transaction.
#pragma once

#include "store/keys.h"
#include "store/sqlite.h"

namespace qorgan::store {

// Errors: as insert_entry's and insert_notice's.
Status write_along(Database& database, const Keys& keys, const Along& along);

}  // namespace qorgan::store
