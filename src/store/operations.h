// The sequence of decided operations. Changes run inside the caller's transaction.
#pragma once

#include "store/keys.h"
#include "store/sqlite.h"

namespace qorgan::store {

// Whether it has what its kind has and nothing else; a refresh, a range of earlier sequence numbers.
bool is_well_formed(const Operation& operation);
// Whether the operation is to be applied; false where it has been. Errors: internal (it cannot follow), stale (another
// was applied in its place).
Result<bool> is_next(Database& database, const Operation& operation);
// Writes it, and that it is applied.
Status write_operation(Database& database, const Keys& keys, const Operation& operation);

Result<std::optional<Operation>> find_operation(Database& database, const Id& request_id);
// Oldest first.
Result<std::vector<Operation>> read_operations(Database& database, std::int64_t after, std::size_t count_max);
// Whether each one from the first to the last applied is there and authentic. damaged.
Status check_operations(Database& database, const Keys& keys, std::int64_t applied);

}  // namespace qorgan::store
