#include "store/store.h"

#include "store/file.h"
#include "store/records.h"
#include "store/requests.h"
#include "store/schema.h"
#include "store/sqlite.h"

namespace qorgan::store {

struct Store::State {
  std::unique_ptr<Database> database;
  Keys keys;
  // An erasure was committed, but the log may still hold older copies of what it destroyed.
  bool journal_holds_erased = false;
};

namespace {

Status create_file(const Options& options, const Keys& keys) {
  std::filesystem::path unfinished = options.path;
  unfinished += ".new";
  QORGAN_CHECK(make_empty_file(unfinished));
  {
    QORGAN_TRY(const auto database, Database::open(unfinished));
    QORGAN_CHECK(database->take({options.pages_max}));
    QORGAN_CHECK(create_schema(*database, keys));
    QORGAN_CHECK(database->truncate_journal());
  }
  return put_in_place(unfinished, options.path);
}

// Whether the operation is to be applied; false where it has been.
Result<bool> is_next(Database& database, const Operation& operation) {
  QORGAN_TRY(const std::int64_t applied, read_applied(database));
  if (operation.sequence == applied + 1) return true;
  if (operation.sequence < 1 || operation.sequence > applied)
    return failure(ErrorCode::internal,
                   "operation " + std::to_string(operation.sequence) + " cannot follow " + std::to_string(applied),
                   database.path().string());
  QORGAN_TRY(const auto known, read_operations(database, operation.sequence - 1, 1));
  if (known.size() == 1 && known[0] == operation) return false;
  return failure(ErrorCode::stale,
                 "operation " + std::to_string(operation.sequence) + " was applied with other content",
                 database.path().string());
}

Status write_operation(Database& database, const Keys& keys, const Operation& operation) {
  QORGAN_CHECK(insert_operation(database, keys, operation));
  return write_applied(database, keys, operation.sequence);
}

Record with_sequence(const Record& record, std::int64_t sequence) {
  Record copy{record.record_id, record.pseudonym, sequence, {}};
  for (const Finger& finger : record.fingers) copy.fingers.push_back({finger.position, finger.share.clone()});
  return copy;
}

}  // namespace

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::~Store() = default;
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;

Result<Store> Store::open(const Options& options, crypto::Key storage_key) {
  QORGAN_ASSERT(options.custodian >= 0 && options.custodian <= 2);
  Keys keys(storage_key, {options.network_id, options.custodian});
  QORGAN_TRY(const bool is_there, check_file(options.path));
  if (!is_there) {
    if (!options.create)
      return failure(ErrorCode::not_found, "the custodian's database is not there", options.path.string(),
                     "Restore it from a backup; only a new custodian starts with an empty one");
    QORGAN_CHECK(create_file(options, keys));
  }
  QORGAN_TRY(auto database, Database::open(options.path));
  QORGAN_CHECK(check_version(*database));
  QORGAN_CHECK(database->take({options.pages_max}));
  QORGAN_CHECK(check_head(*database, keys));
  QORGAN_CHECK(check_content(*database, keys));
  // What an erasure before the last stop may have left in the log.
  QORGAN_CHECK(database->truncate_journal());
  return Store(std::make_unique<State>(State{std::move(database), std::move(keys)}));
}

Status Store::load_all(const std::function<Status(Record&&)>& visit) {
  return load_records(*state_->database, state_->keys, visit);
}

Result<std::optional<Id>> Store::find_record(const Pseudonym& pseudonym) {
  return store::find_record(*state_->database, pseudonym);
}

Result<std::optional<Tombstone>> Store::find_tombstone(const Id& record_id) {
  return store::find_tombstone(*state_->database, record_id);
}

Result<std::int64_t> Store::applied_sequence() {
  return read_applied(*state_->database);
}

Status Store::put_request(const RequestRow& row) {
  return in_transaction(*state_->database, [&] { return store::put_request(*state_->database, state_->keys, row); });
}

Result<std::optional<RequestRow>> Store::find_request(const Id& request_id) {
  return store::find_request(*state_->database, state_->keys, request_id);
}

Result<std::vector<RequestRow>> Store::requests_in(RequestState state) {
  return store::requests_in(*state_->database, state_->keys, state);
}

Status Store::purge_requests(std::int64_t updated_before_ms) {
  return in_transaction(*state_->database, [&] { return store::purge_requests(*state_->database, updated_before_ms); });
}

Status Store::apply_enrol(std::int64_t sequence, const Id& request_id, const Record& record, std::int64_t now_ms) {
  QORGAN_CHECK(check_record(record));
  QORGAN_ASSERT(record.enrolled_seq == sequence);
  const Operation operation{sequence, OperationKind::enrol, request_id, record.record_id};
  Database& database = *state_->database;
  return in_transaction(database, [&]() -> Status {
    QORGAN_TRY(const bool next, is_next(database, operation));
    if (!next) return {};
    QORGAN_CHECK(insert_record(database, state_->keys, record));
    QORGAN_CHECK(write_operation(database, state_->keys, operation));
    return commit_request(database, state_->keys, request_id, sequence, now_ms);
  });
}

Status Store::apply_erase(std::int64_t sequence, const Id& request_id, const Id& record_id, std::int64_t now_ms) {
  const Operation operation{sequence, OperationKind::erase, request_id, record_id};
  Database& database = *state_->database;
  bool erased = false;
  const Status applied = in_transaction(database, [&]() -> Status {
    QORGAN_TRY(erased, is_next(database, operation));
    if (!erased) return {};
    QORGAN_CHECK(erase_record(database, state_->keys, record_id, sequence));
    QORGAN_CHECK(write_operation(database, state_->keys, operation));
    return commit_request(database, state_->keys, request_id, sequence, now_ms);
  });
  QORGAN_CHECK(applied);
  if (erased) state_->journal_holds_erased = true;
  if (!state_->journal_holds_erased) return {};
  QORGAN_CHECK(database.truncate_journal());
  state_->journal_holds_erased = false;
  return {};
}

Result<std::optional<Operation>> Store::find_operation(const Id& request_id) {
  return store::find_operation(*state_->database, request_id);
}

Result<std::vector<Operation>> Store::operations_after(std::int64_t sequence, std::size_t count_max) {
  return read_operations(*state_->database, sequence, count_max);
}

Status Store::apply_enrols(const std::vector<Record>& records, std::int64_t) {
  Database& database = *state_->database;
  return in_transaction(database, [&]() -> Status {
    QORGAN_TRY(std::int64_t sequence, read_applied(database));
    for (const Record& record : records) {
      QORGAN_CHECK(check_record(record));
      const Operation operation{++sequence, OperationKind::enrol, {}, record.record_id};
      QORGAN_CHECK(insert_record(database, state_->keys, with_sequence(record, sequence)));
      QORGAN_CHECK(write_operation(database, state_->keys, operation));
    }
    return {};
  });
}

}  // namespace qorgan::store
