// The entries for the log, with what they open. Changes run inside the caller's transaction.
#pragma once

#include "store/keys.h"
#include "store/sqlite.h"

namespace qorgan::store {

// Gives its number. One that speaks of an erased record is kept as the erasure would have left it. Errors:
// invalid_input (too large), not_found (it speaks of a record that never was).
Result<std::int64_t> insert_entry(Database& database, const Keys& keys, const Entry& entry);
// Errors: not_found, internal (the entry, or another one, has another index).
Status set_entry_index(Database& database, const Keys& keys, std::int64_t number, std::int64_t index);
// Errors: not_found, internal (it is in the log).
Status drop_entry(Database& database, const Keys& keys, std::int64_t number);
// Destroys the openings of the entries that speak of a record, and that they do.
Status forget_record(Database& database, const Keys& keys, std::int64_t record_seq);

Result<std::vector<Entry>> pending_entries(Database& database, const Keys& keys, std::size_t count_max);
Result<std::vector<Entry>> entries_of_record(Database& database, const Keys& keys, std::int64_t record_seq,
                                             std::int64_t before, std::size_t count_max, std::int64_t since_ms);
Result<std::vector<Entry>> entries_of_event(Database& database, const Keys& keys, int event, std::int64_t since_ms,
                                            std::int64_t before, std::size_t count_max);
Result<std::vector<Entry>> entries_of_request(Database& database, const Keys& keys, const Id& request_id);
Result<std::vector<Entry>> entries_since(Database& database, const Keys& keys, std::int64_t since_ms,
                                         std::size_t count_max);
Result<std::int64_t> indexed_entries(Database& database);

// Whether each row is authentic, and as many are there as the counts say. damaged.
Status check_entries(Database& database, const Keys& keys, const Counts& counts);

}  // namespace qorgan::store
