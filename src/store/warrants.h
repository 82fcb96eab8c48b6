// The uses of warrants. Changes run inside the caller's transaction.
#pragma once

#include "store/keys.h"
#include "store/sqlite.h"

namespace qorgan::store {

// The same again changes nothing.
Status insert_warrant_use(Database& database, const Keys& keys, const WarrantUse& use);
// Of that request; nothing where it has none.
Status drop_warrant_use(Database& database, const Keys& keys, const Id& request_id);
Result<std::int64_t> count_warrant_uses(Database& database, const Id& warrant_id);
// Whether each row is authentic, and as many are there as the counts say. damaged.
Status check_warrant_uses(Database& database, const Keys& keys, const Counts& counts);

}  // namespace qorgan::store
