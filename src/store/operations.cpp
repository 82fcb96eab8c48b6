#include "store/operations.h"

#include "store/head.h"

namespace qorgan::store {
namespace {

// Of a row that begins with these columns: seq, kind, request_id, record_id, first_seq, last_seq.
Result<Operation> read_operation(const Query& query) {
  Operation operation;
  QORGAN_TRY(operation.sequence, query.integer(0));
  QORGAN_TRY(const std::int64_t kind, query.integer(1));
  operation.kind = static_cast<OperationKind>(kind);
  QORGAN_TRY(operation.request_id, query.bytes<16>(2));
  QORGAN_TRY(operation.record_id, query.bytes<16>(3));
  QORGAN_TRY(operation.first_seq, query.integer(4));
  QORGAN_TRY(operation.last_seq, query.integer(5));
  return operation;
}

Status insert_operation(Database& database, const Keys& keys, const Operation& operation) {
  QORGAN_TRY(Query query, database.query("INSERT INTO operations VALUES(?, ?, ?, ?, ?, ?, ?)"));
  const crypto::Digest tag = keys.tag(operation);
  query.bind(operation.sequence).bind(static_cast<std::int64_t>(operation.kind)).bind(operation.request_id);
  return query.bind(operation.record_id).bind(operation.first_seq).bind(operation.last_seq).bind(tag).run();
}

}  // namespace

bool is_well_formed(const Operation& operation) {
  switch (operation.kind) {
    case OperationKind::enrol:
    case OperationKind::erase:
    case OperationKind::lock:
    case OperationKind::unlock:
    case OperationKind::withdraw:
      return operation.first_seq == 0 && operation.last_seq == 0;
    case OperationKind::refresh:
      return operation.record_id == Id{} && operation.first_seq >= 1 && operation.first_seq <= operation.last_seq &&
             operation.last_seq < operation.sequence;
  }
  return false;
}

Result<bool> is_next(Database& database, const Operation& operation) {
  QORGAN_TRY(const Counts counts, read_counts(database));
  if (operation.sequence == counts.applied + 1) return true;
  if (operation.sequence < 1 || operation.sequence > counts.applied)
    return failure(
        ErrorCode::internal,
        "operation " + std::to_string(operation.sequence) + " cannot follow " + std::to_string(counts.applied),
        database.path().string());
  QORGAN_TRY(const auto known, read_operations(database, operation.sequence - 1, 1));
  if (known.size() == 1 && known[0] == operation) return false;
  return failure(ErrorCode::stale,
                 "operation " + std::to_string(operation.sequence) + " was applied with other content",
                 database.path().string());
}

Status write_operation(Database& database, const Keys& keys, const Operation& operation) {
  QORGAN_ASSERT(is_well_formed(operation));
  QORGAN_CHECK(insert_operation(database, keys, operation));
  return change_counts(database, keys, [&](Counts& counts) { counts.applied = operation.sequence; });
}

Result<std::optional<Operation>> find_operation(Database& database, const Id& request_id) {
  QORGAN_TRY(Query query, database.query("SELECT seq, kind, request_id, record_id, first_seq, last_seq "
                                         "FROM operations WHERE request_id = ?"));
  QORGAN_TRY(const bool found, query.bind(request_id).step());
  if (!found) return std::optional<Operation>();
  QORGAN_TRY(const Operation operation, read_operation(query));
  return std::optional<Operation>(operation);
}

Result<std::vector<Operation>> read_operations(Database& database, std::int64_t after, std::size_t count_max) {
  QORGAN_TRY(Query query, database.query("SELECT seq, kind, request_id, record_id, first_seq, last_seq "
                                         "FROM operations WHERE seq > ? ORDER BY seq LIMIT ?"));
  query.bind(after).bind_count(count_max);
  std::vector<Operation> operations;
  while (true) {
    QORGAN_TRY(const bool row, query.step());
    if (!row) return operations;
    QORGAN_TRY(const Operation operation, read_operation(query));
    operations.push_back(operation);
  }
}

Status check_operations(Database& database, const Keys& keys, std::int64_t applied) {
  QORGAN_TRY(Query query, database.query("SELECT seq, kind, request_id, record_id, first_seq, last_seq, tag "
                                         "FROM operations ORDER BY seq"));
  std::int64_t expected = 0;
  while (true) {
    QORGAN_TRY(const bool row, query.step());
    if (!row) break;
    QORGAN_TRY(const Operation operation, read_operation(query));
    QORGAN_TRY(const crypto::Digest tag, query.bytes<32>(6));
    const std::string name = "operation " + std::to_string(operation.sequence);
    if (operation.sequence != ++expected) return database.damaged(name + " stands where another should");
    if (!crypto::equal_constant_time(keys.tag(operation), tag) || !is_well_formed(operation))
      return database.damaged(name + " fails its check");
  }
  if (expected != applied) return database.damaged("operations are missing");
  return {};
}

}  // namespace qorgan::store
