#include "store/requests.h"

#include "base/limits.h"

namespace qorgan::store {
namespace {

std::string name_of(const Id& request_id) {
  return "request " + to_hex(request_id);
}

bool has_ended(RequestState state) {
  return state == RequestState::committed || state == RequestState::aborted;
}

Status check_size(const RequestRow& row) {
  const std::size_t size = row.request_json.size() + row.payload.size() + row.result.size() + row.error_json.size();
  if (size <= limits::stored_request_bytes_max) return {};
  return failure(ErrorCode::invalid_input, "the request is too large to keep", name_of(row.request_id));
}

Status check_change(Database& database, const Keys& keys, const RequestRow& row) {
  QORGAN_TRY(const std::optional<RequestRow> before, find_request(database, keys, row.request_id));
  if (!before || !has_ended(before->state)) return {};
  if (before->state == row.state && before->digest == row.digest) return {};
  return failure(ErrorCode::internal, "a request that has ended cannot change", name_of(row.request_id));
}

Result<RequestRow> read_row(const Database& database, const Keys& keys, const Query& query) {
  QORGAN_TRY(const Id request_id, query.bytes<16>(0));
  QORGAN_TRY(const std::int64_t state, query.integer(1));
  QORGAN_TRY(const std::int64_t updated_ms, query.integer(2));
  QORGAN_TRY(const ByteView sealed, query.blob(3));
  auto row = keys.unseal_request(request_id, static_cast<RequestState>(state), updated_ms, sealed);
  if (row) return row;
  return failure(ErrorCode::damaged, "a stored request fails its check",
                 database.path().string() + ", " + name_of(request_id), "Restore the file from a backup");
}

}  // namespace

Status put_request(Database& database, const Keys& keys, const RequestRow& row) {
  QORGAN_CHECK(check_size(row));
  QORGAN_CHECK(check_change(database, keys, row));
  const Bytes sealed = keys.seal_request(row);
  QORGAN_TRY(Query query,
             database.query("INSERT INTO requests VALUES(?, ?, ?, ?) ON CONFLICT(request_id) DO UPDATE SET "
                            "state = excluded.state, updated_ms = excluded.updated_ms, sealed = excluded.sealed"));
  query.bind(row.request_id).bind(static_cast<std::int64_t>(row.state)).bind(row.updated_ms).bind(sealed);
  return query.run();
}

Result<std::optional<RequestRow>> find_request(Database& database, const Keys& keys, const Id& request_id) {
  QORGAN_TRY(Query query,
             database.query("SELECT request_id, state, updated_ms, sealed FROM requests WHERE request_id = ?"));
  QORGAN_TRY(const bool found, query.bind(request_id).step());
  if (!found) return std::optional<RequestRow>();
  QORGAN_TRY(RequestRow row, read_row(database, keys, query));
  return std::optional<RequestRow>(std::move(row));
}

Result<std::vector<RequestRow>> requests_in(Database& database, const Keys& keys, RequestState state) {
  QORGAN_TRY(Query query, database.query("SELECT request_id, state, updated_ms, sealed FROM requests WHERE state = ? "
                                         "ORDER BY updated_ms, request_id"));
  query.bind(static_cast<std::int64_t>(state));
  std::vector<RequestRow> rows;
  while (true) {
    QORGAN_TRY(const bool found, query.step());
    if (!found) return rows;
    QORGAN_TRY(RequestRow row, read_row(database, keys, query));
    rows.push_back(std::move(row));
  }
}

Result<bool> purge_requests(Database& database, std::int64_t updated_before_ms) {
  QORGAN_TRY(Query query, database.query("DELETE FROM requests WHERE state IN (?, ?) AND updated_ms < ? "
                                         "RETURNING 1"));
  query.bind(static_cast<std::int64_t>(RequestState::committed)).bind(static_cast<std::int64_t>(RequestState::aborted));
  query.bind(updated_before_ms);
  bool any = false;
  while (true) {
    QORGAN_TRY(const bool row, query.step());
    if (!row) return any;
    any = true;
  }
}

Status commit_request(Database& database, const Keys& keys, const Id& request_id, std::int64_t sequence,
                      std::int64_t now_ms) {
  QORGAN_TRY(std::optional<RequestRow> row, find_request(database, keys, request_id));
  if (!row) return {};
  row->state = RequestState::committed;
  row->sequence = sequence;
  row->updated_ms = now_ms;
  row->payload = crypto::SecretBytes();
  return put_request(database, keys, *row);
}

}  // namespace qorgan::store
