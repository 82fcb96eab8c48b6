#include "store/store.h"

#include "store/along.h"
#include "store/backup.h"
#include "store/check.h"
#include "store/entries.h"
#include "store/file.h"
#include "store/head.h"
#include "store/notes.h"
#include "store/notices.h"
#include "store/operations.h"
#include "store/records.h"
#include "store/recovery.h"
#include "store/refresh.h"
#include "store/requests.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/warrants.h"

namespace qorgan::store {

struct Store::State {
  State(std::unique_ptr<Database> opened, Keys file_keys) : database(std::move(opened)), keys(std::move(file_keys)) {}
  std::unique_ptr<Database> database;
  Keys keys;
  // Something was destroyed, but the log may still hold older copies of it.
  bool journal_holds_destroyed = false;

  // SQLite empties the log when it closes the file, without overwriting it. Where this fails the next start tries.
  ~State() {
    if (journal_holds_destroyed) static_cast<void>(database->truncate_journal());
  }
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

Status check_not_recovering(Database& database) {
  QORGAN_TRY(const Counts counts, read_counts(database));
  if (counts.recovering == 0) return {};
  return failure(ErrorCode::unavailable, "the file is being rebuilt", database.path().string(),
                 "Wait until the other custodians have given their parts");
}

// A record as it stands after its enrolment alone.
Record newly_enrolled(const Record& record, std::int64_t sequence) {
  Record copy;
  copy.record_id = record.record_id;
  copy.pseudonym = record.pseudonym;
  copy.enrolled_seq = sequence;
  copy.access_key = record.access_key;
  copy.view_key = record.view_key.clone();
  copy.terms_json = record.terms_json;
  for (const Finger& finger : record.fingers) copy.fingers.push_back({finger.position, finger.share.clone()});
  return copy;
}

Status check_new_record(const Record& record) {
  QORGAN_CHECK(check_record(record));
  if (record.epoch == 0 && record.flags == 0) return {};
  return failure(ErrorCode::invalid_input, "a new record has no epoch and no flags yet",
                 "record " + to_hex(record.record_id));
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
  QORGAN_CHECK(check_schema(*database));
  QORGAN_CHECK(check_head(*database, keys));
  QORGAN_CHECK(check_content(*database, keys));
  // What a change before the last stop destroyed may still stand in the log.
  QORGAN_CHECK(database->truncate_journal());
  return Store(std::make_unique<State>(std::move(database), std::move(keys)));
}

template <class Work>
Status Store::change(Work&& work) {
  return in_transaction(*state_->database, [&] { return work(*state_->database, state_->keys); });
}

template <class Work>
Status Store::apply(const Operation& operation, std::int64_t now_ms, const Along& along, Work&& work) {
  return change([&](Database& database, const Keys& keys) -> Status {
    QORGAN_CHECK(check_not_recovering(database));
    QORGAN_TRY(const bool next, is_next(database, operation));
    if (!next) return {};
    QORGAN_CHECK(work(database, keys));
    QORGAN_CHECK(write_operation(database, keys, operation));
    QORGAN_CHECK(commit_request(database, keys, operation.request_id, operation.sequence, now_ms));
    state_->journal_holds_destroyed = true;  // the request's shares
    return write_along(database, keys, along);
  });
}

Status Store::empty_journal() {
  if (!state_->journal_holds_destroyed) return {};
  QORGAN_CHECK(state_->database->truncate_journal());
  state_->journal_holds_destroyed = false;
  return {};
}

Status Store::load_all(const std::function<Status(Record&&)>& visit) {
  return load_records(*state_->database, state_->keys, visit);
}

Result<Record> Store::load_record(std::int64_t enrolled_seq) {
  return store::load_record(*state_->database, state_->keys, enrolled_seq);
}

Result<std::optional<Id>> Store::find_record(const Pseudonym& pseudonym) {
  return store::find_record(*state_->database, pseudonym);
}

Result<std::optional<Tombstone>> Store::find_tombstone(const Id& record_id) {
  return store::find_tombstone(*state_->database, record_id);
}

Result<std::int64_t> Store::applied_sequence() {
  QORGAN_TRY(const Counts counts, read_counts(*state_->database));
  return counts.applied;
}

Status Store::put_note(const std::string& name, const std::string& text) {
  return change([&](Database& database, const Keys& keys) { return store::put_note(database, keys, name, text); });
}

Result<std::optional<std::string>> Store::find_note(const std::string& name) {
  return store::find_note(*state_->database, state_->keys, name);
}

Result<std::vector<NamedText>> Store::notes_with_prefix(const std::string& prefix) {
  return store::notes_with_prefix(*state_->database, state_->keys, prefix);
}

Status Store::drop_note(const std::string& name) {
  return change([&](Database& database, const Keys& keys) { return store::drop_note(database, keys, name); });
}

std::string Store::hidden_name(const std::string& name) const {
  return to_hex(state_->keys.hidden_name(name));
}

Status Store::put_request(const RequestRow& row, const Along& along) {
  // What it had with it, shares above all, is dropped with its end.
  if (row.state == RequestState::committed || row.state == RequestState::aborted)
    state_->journal_holds_destroyed = true;
  return change([&](Database& database, const Keys& keys) -> Status {
    QORGAN_CHECK(store::put_request(database, keys, row));
    return write_along(database, keys, along);
  });
}

Result<std::optional<RequestRow>> Store::find_request(const Id& request_id) {
  return store::find_request(*state_->database, state_->keys, request_id);
}

Result<std::vector<RequestRow>> Store::requests_in(RequestState state) {
  return store::requests_in(*state_->database, state_->keys, state);
}

Status Store::purge_requests(std::int64_t updated_before_ms) {
  bool purged = false;
  QORGAN_CHECK(change([&](Database& database, const Keys&) -> Status {
    QORGAN_TRY(purged, store::purge_requests(database, updated_before_ms));
    return {};
  }));
  if (purged) state_->journal_holds_destroyed = true;
  return empty_journal();
}

Status Store::apply_enrol(std::int64_t sequence, const Id& request_id, const Record& record, std::int64_t now_ms,
                          const Along& along) {
  QORGAN_CHECK(check_new_record(record));
  QORGAN_ASSERT(record.enrolled_seq == sequence);
  const Operation operation{sequence, OperationKind::enrol, request_id, record.record_id};
  return apply(operation, now_ms, along,
               [&](Database& database, const Keys& keys) { return insert_record(database, keys, record); });
}

Status Store::apply_erase(std::int64_t sequence, const Id& request_id, const Id& record_id, std::int64_t now_ms,
                          const Along& along) {
  const Operation operation{sequence, OperationKind::erase, request_id, record_id};
  bool erased = false;
  QORGAN_CHECK(apply(operation, now_ms, along, [&](Database& database, const Keys& keys) -> Status {
    erased = true;
    return erase_record(database, keys, record_id, sequence);
  }));
  if (erased) state_->journal_holds_destroyed = true;
  return empty_journal();
}

Status Store::apply_flags(const Operation& operation, std::int64_t now_ms, const Along& along) {
  const bool is_flags = operation.kind == OperationKind::lock || operation.kind == OperationKind::unlock ||
                        operation.kind == OperationKind::withdraw;
  QORGAN_ASSERT(is_flags && is_well_formed(operation));
  return apply(operation, now_ms, along,
               [&](Database& database, const Keys& keys) { return change_flags(database, keys, operation); });
}

Status Store::apply_refresh(const Operation& operation, std::int64_t now_ms, const Along& along) {
  QORGAN_ASSERT(operation.kind == OperationKind::refresh);
  if (!is_well_formed(operation))
    return failure(ErrorCode::invalid_input, "a refresh needs a range of earlier sequence numbers",
                   "operation " + std::to_string(operation.sequence));
  bool refreshed = false;
  QORGAN_CHECK(apply(operation, now_ms, along, [&](Database& database, const Keys& keys) -> Status {
    refreshed = true;
    return use_staged_shares(database, keys, operation.first_seq, operation.last_seq);
  }));
  if (refreshed) state_->journal_holds_destroyed = true;
  return empty_journal();
}

Status Store::stage_refresh(const std::vector<StagedShares>& staged) {
  return change([&](Database& database, const Keys& keys) -> Status {
    QORGAN_CHECK(check_not_recovering(database));
    for (const StagedShares& shares : staged) QORGAN_CHECK(stage_shares(database, keys, shares));
    return {};
  });
}

Status Store::write(const Along& along) {
  return change([&](Database& database, const Keys& keys) { return write_along(database, keys, along); });
}

Result<std::int64_t> Store::add_entry(const Entry& entry) {
  std::int64_t number = 0;
  QORGAN_CHECK(change([&](Database& database, const Keys& keys) -> Status {
    QORGAN_TRY(number, insert_entry(database, keys, entry));
    return {};
  }));
  return number;
}

Status Store::set_entry_index(std::int64_t number, std::int64_t index) {
  return change(
      [&](Database& database, const Keys& keys) { return store::set_entry_index(database, keys, number, index); });
}

Status Store::set_entry_indices(std::span<const std::int64_t> numbers, std::int64_t first_index) {
  return change([&](Database& database, const Keys& keys) -> Status {
    for (std::int64_t index = first_index; const std::int64_t number : numbers)
      QORGAN_CHECK(store::set_entry_index(database, keys, number, index++));
    return {};
  });
}

Status Store::drop_entry(std::int64_t number) {
  return change([&](Database& database, const Keys& keys) { return store::drop_entry(database, keys, number); });
}

Result<std::vector<Entry>> Store::pending_entries(std::size_t count_max) {
  return store::pending_entries(*state_->database, state_->keys, count_max);
}

Result<std::vector<Entry>> Store::entries_of_record(std::int64_t record_seq, std::int64_t before, std::size_t count_max,
                                                    std::int64_t since_ms) {
  return store::entries_of_record(*state_->database, state_->keys, record_seq, before, count_max, since_ms);
}

Result<std::vector<Entry>> Store::entries_of_event(int event, std::int64_t since_ms, std::int64_t before,
                                                   std::size_t count_max) {
  return store::entries_of_event(*state_->database, state_->keys, event, since_ms, before, count_max);
}

Result<std::vector<Entry>> Store::entries_of_request(const Id& request_id) {
  return store::entries_of_request(*state_->database, state_->keys, request_id);
}

Result<std::vector<Entry>> Store::entries_since(std::int64_t since_ms, std::size_t count_max) {
  return store::entries_since(*state_->database, state_->keys, since_ms, count_max);
}

Result<std::int64_t> Store::indexed_entries() {
  return store::indexed_entries(*state_->database);
}

Result<std::int64_t> Store::warrant_uses(const Id& warrant_id) {
  return count_warrant_uses(*state_->database, warrant_id);
}

Result<std::vector<Notice>> Store::notices_of_party(const std::string& party, bool open_only,
                                                    const std::optional<Id>& after, std::size_t count_max) {
  return store::notices_of_party(*state_->database, state_->keys, party, open_only, after, count_max);
}

Result<std::optional<Notice>> Store::find_notice(const Id& record_id, const std::string& party) {
  return store::find_notice(*state_->database, state_->keys, record_id, party);
}

Result<std::vector<Notice>> Store::notices_of_request(const Id& request_id) {
  return store::notices_of_request(*state_->database, state_->keys, request_id);
}

Status Store::update_notice(const Notice& notice, const Along& along) {
  const Status updated = change([&](Database& database, const Keys& keys) -> Status {
    QORGAN_CHECK(store::update_notice(database, keys, notice));
    return write_along(database, keys, along);
  });
  QORGAN_CHECK(updated);
  if (notice.acknowledged_ms != 0) state_->journal_holds_destroyed = true;
  return {};
}

Status Store::back_up(const std::filesystem::path& path) {
  return store::back_up(*state_->database, path);
}

Status Store::begin_recovery(bool go_on) {
  return change([&](Database& database, const Keys& keys) -> Status {
    QORGAN_TRY(Counts counts, read_counts(database));
    if (counts.recovering != 0) return {};
    if (counts.applied != 0 && !go_on)
      return failure(ErrorCode::already_exists, "the file has records already", database.path().string());
    counts.recovering = 1;
    return write_counts(database, keys, counts);
  });
}

Result<bool> Store::is_recovering() {
  QORGAN_TRY(const Counts counts, read_counts(*state_->database));
  return counts.recovering != 0;
}

Status Store::add_history(const History& history) {
  bool erased = false;
  QORGAN_CHECK(change([&](Database& database, const Keys& keys) -> Status {
    QORGAN_TRY(const Counts counts, read_counts(database));
    if (counts.recovering == 0)
      return failure(ErrorCode::refused, "the file is not being rebuilt", database.path().string());
    QORGAN_TRY(erased, store::add_history(database, keys, history));
    return {};
  }));
  if (erased) state_->journal_holds_destroyed = true;
  return empty_journal();
}

Status Store::end_recovery() {
  return change([&](Database& database, const Keys& keys) -> Status {
    QORGAN_TRY(Counts counts, read_counts(database));
    if (counts.recovering == 0)
      return failure(ErrorCode::refused, "the file is not being rebuilt", database.path().string());
    QORGAN_CHECK(check_agreement(database, keys));
    counts.recovering = 0;
    return write_counts(database, keys, counts);
  });
}

Result<std::optional<Operation>> Store::find_operation(const Id& request_id) {
  return store::find_operation(*state_->database, request_id);
}

Result<std::vector<Operation>> Store::operations_after(std::int64_t sequence, std::size_t count_max) {
  return read_operations(*state_->database, sequence, count_max);
}

Status Store::apply_enrols(const std::vector<Record>& records, std::int64_t) {
  return change([&](Database& database, const Keys& keys) -> Status {
    QORGAN_CHECK(check_not_recovering(database));
    QORGAN_TRY(Counts counts, read_counts(database));
    for (const Record& record : records) {
      QORGAN_CHECK(check_record(record));
      const Operation operation{++counts.applied, OperationKind::enrol, {}, record.record_id};
      QORGAN_CHECK(insert_record(database, keys, newly_enrolled(record, operation.sequence)));
      QORGAN_CHECK(write_operation(database, keys, operation));
    }
    return {};
  });
}

}  // namespace qorgan::store
