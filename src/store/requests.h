// The rows of requests. Changes run inside the caller's transaction.
#pragma once

#include "store/keys.h"
#include "store/sqlite.h"

namespace qorgan::store {

Status put_request(Database& database, const Keys& keys, const RequestRow& row);
Result<std::optional<RequestRow>> find_request(Database& database, const Keys& keys, const Id& request_id);
Result<std::vector<RequestRow>> requests_in(Database& database, const Keys& keys, RequestState state);
Result<bool> purge_requests(Database& database, std::int64_t updated_before_ms);
// Where there is such a request: committed, with that sequence, without its payload. internal: it was aborted.
Status commit_request(Database& database, const Keys& keys, const Id& request_id, std::int64_t sequence,
                      std::int64_t now_ms);

}  // namespace qorgan::store
