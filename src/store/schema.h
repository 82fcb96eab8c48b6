// The tables of one custodian's file, and the check that they are whole and agree with one another.
#pragma once

#include "store/keys.h"
#include "store/sqlite.h"

namespace qorgan::store {

// Makes the tables in an empty file.
Status create_schema(Database& database, const Keys& keys);

// Whether the file is this program's and of this version: asked before anything is written to it. Errors: damaged,
// version_mismatch.
Status check_version(Database& database);

// Whether it has this version's tables, and is of this network and custodian and under this key. Errors: damaged,
// wrong_network, refused (another key).
Status check_head(Database& database, const Keys& keys);

// Everything else but the shares. Errors: damaged.
Status check_content(Database& database, const Keys& keys);

Result<std::int64_t> read_applied(Database& database);
// To the next number.
Status write_applied(Database& database, const Keys& keys, std::int64_t applied);

}  // namespace qorgan::store
