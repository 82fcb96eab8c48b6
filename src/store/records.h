// Records, tombstones and the operations that made them. Changes run inside the caller's transaction.
#pragma once

#include "store/keys.h"
#include "store/sqlite.h"

namespace qorgan::store {

// invalid_input, as apply_enrol says.
Status check_record(const Record& record);

// already_exists.
Status insert_record(Database& database, const Keys& keys, const Record& record);
// Removes the record's key, shares and head, and leaves a tombstone. not_found.
Status erase_record(Database& database, const Keys& keys, const Id& record_id, std::int64_t sequence);
Status load_records(Database& database, const Keys& keys, const std::function<Status(Record&&)>& visit);
Result<std::optional<Id>> find_record(Database& database, const Pseudonym& pseudonym);
Result<std::optional<Tombstone>> find_tombstone(Database& database, const Id& record_id);

Status insert_operation(Database& database, const Keys& keys, const Operation& operation);
Result<std::optional<Operation>> find_operation(Database& database, const Id& request_id);
Result<std::vector<Operation>> read_operations(Database& database, std::int64_t after, std::size_t count_max);

}  // namespace qorgan::store
