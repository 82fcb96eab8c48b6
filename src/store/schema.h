// The tables of one custodian's file.
#pragma once

#include "store/keys.h"
#include "store/sqlite.h"

namespace qorgan::store {

// Makes the tables in an empty file.
Status create_schema(Database& database, const Keys& keys);

// Whether the file is this program's and of this version: asked before anything is written to it. Errors: damaged,
// version_mismatch.
Status check_version(Database& database);

// Whether it has this version's tables. damaged.
Status check_schema(Database& database);

}  // namespace qorgan::store
