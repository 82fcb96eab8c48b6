// What relying parties are told of erasures. Changes run inside the caller's transaction.
#pragma once

#include "store/keys.h"
#include "store/sqlite.h"

namespace qorgan::store {

// Errors: invalid_input (too large), already_exists (the party has one of this record).
Status insert_notice(Database& database, const Keys& keys, const Notice& notice);
// Its times, of the notice with the same record and party. not_found.
Status update_notice(Database& database, const Keys& keys, const Notice& notice);
// Oldest first.
Result<std::vector<Notice>> notices_of_party(Database& database, const Keys& keys, const std::string& party,
                                             bool open_only, const std::optional<Id>& after, std::size_t count_max);
Result<std::optional<Notice>> find_notice(Database& database, const Keys& keys, const Id& record_id,
                                          const std::string& party);
Result<std::vector<Notice>> notices_of_request(Database& database, const Keys& keys, const Id& request_id);
// Whether each row is authentic, and as many are there as the counts say. damaged.
Status check_notices(Database& database, const Keys& keys, const Counts& counts);

}  // namespace qorgan::store
