#include "custodian/recovered_database.h"

#include <algorithm>
#include <set>

#include "base/clock.h"
#include "base/limits.h"
#include "custodian/database_file.h"
#include "custodian/engine.h"
#include "custodian/fault.h"
#include "custodian/flight_row.h"

namespace qorgan::custodian {
namespace {

using store::Store;

// Of a database that is whole, but cannot become what the two others have: its shares are of an earlier epoch, or it
// contradicts them.
constexpr ErrorCode kOfNoUse = ErrorCode::stale;

tl::unexpected<Error> of_no_use(Error error) {
  const bool is_its_own = error.code != ErrorCode::storage_full && error.code != ErrorCode::unavailable;
  if (is_its_own) error.code = kOfNoUse;
  return tl::unexpected(std::move(error));
}

class Recovery {
 public:
  Recovery(const DatabaseRecovery& asked, RecoveryLink& link) : asked_(asked), link_(link) {}

  Result<RecoveredDatabase> run() {
    QORGAN_CHECK(open());
    Status done = go_on();
    if (!done && done.error().code == kOfNoUse && !report_.was_empty) {
      QORGAN_CHECK(begin_anew());
      done = go_on();
    }
    QORGAN_CHECK(done);
    QORGAN_TRY(report_.applied, store_->applied_sequence());
    QORGAN_CHECK(count_people());
    return report_;
  }

 private:
  Status open() {
    store::Options options = asked_.options;
    options.create = false;
    auto opened = Store::open(options, asked_.storage_key->clone());
    if (opened) {
      store_ = std::move(*opened);
      // The shares, which opening does not look at.
      const Status whole = count_people();
      if (whole || whole.error().code != ErrorCode::damaged) return whole;
      return begin_anew();
    }
    const bool is_lost = opened.error().code == ErrorCode::damaged || opened.error().code == ErrorCode::not_found;
    return is_lost ? begin_anew() : tl::unexpected(opened.error());
  }

  Status begin_anew() {
    store_.reset();
    QORGAN_CHECK(set_database_aside(asked_.options.path.parent_path()));
    store::Options options = asked_.options;
    options.create = true;
    QORGAN_TRY(store_, Store::open(options, asked_.storage_key->clone()));
    report_ = {};
    report_.was_empty = true;
    return {};
  }

  Status count_people() {
    report_.people = 0;
    return store_->load_all([this](store::Record&&) -> Status {
      ++report_.people;
      return {};
    });
  }

  Status go_on() {
    QORGAN_TRY(const std::int64_t applied, store_->applied_sequence());
    QORGAN_TRY(const bool begun, store_->is_recovering());
    QORGAN_CHECK(check_same_history(applied));
    QORGAN_CHECK(check_log());
    // Ahead of the others is a coordinator that was lost right after it had decided; it tells them when it is back.
    if (!begun && applied >= asked_.applied) return finish();
    QORGAN_CHECK(store_->begin_recovery(true));
    fault_point("recover.begun");
    QORGAN_CHECK(take_history(applied));
    QORGAN_CHECK(finish());
    const Status ended = store_->end_recovery();
    return ended ? ended : of_no_use(ended.error());
  }

  Status check_same_history(std::int64_t applied) {
    const std::int64_t last = std::min(applied, asked_.applied);
    if (last == 0) return {};
    QORGAN_TRY(const auto own, store_->operations_after(last - 1, 1));
    QORGAN_TRY(const store::History theirs, link_.history(last - 1));
    if (own.empty() || theirs.operations.empty() || own.front() != theirs.operations.front())
      return failure(kOfNoUse, "the database tells another history than the two others", asked_.options.path.string());
    return {};
  }

  // Entries that nobody had cosigned went with the log; the database would take their places for taken.
  Status check_log() {
    QORGAN_TRY(const std::int64_t known, store_->indexed_entries());
    if (static_cast<std::uint64_t>(known) <= asked_.log->newest().size) return {};
    return failure(kOfNoUse, "the database knows of entries that the log has lost", asked_.options.path.string());
  }

  Status take_history(std::int64_t applied) {
    while (true) {
      QORGAN_TRY(store::History history, link_.history(applied));
      if (history.operations.empty()) break;
      QORGAN_CHECK(put_own_terms(history));
      if (const Status added = store_->add_history(history); !added) return of_no_use(added.error());
      applied = history.operations.back().sequence;
      report_.taken_up += static_cast<std::int64_t>(history.operations.size());
      if (asked_.on_progress) asked_.on_progress(applied);
      fault_point("recover.history");
    }
    if (applied == asked_.applied) return {};
    return failure(ErrorCode::unavailable, "the two others went on meanwhile", asked_.options.path.string(),
                   "Recover again");
  }

  // Of an enrolment that this custodian had agreed to before it was lost: nobody else has the opening of its entry.
  Status put_own_terms(store::History& history) {
    for (const store::Operation& operation : history.operations) {
      if (operation.kind != store::OperationKind::enrol) continue;
      const auto record = std::find_if(history.records.begin(), history.records.end(), [&](const store::Record& one) {
        return one.enrolled_seq == operation.sequence;
      });
      if (record == history.records.end()) continue;
      QORGAN_TRY(const auto row, store_->find_request(operation.request_id));
      if (!row || row->payload.size() == 0) continue;
      QORGAN_TRY(const auto flight, from_row(*row, asked_.options.custodian));
      if (flight->terms && flight->request.record_id() == record->record_id) record->terms_json = flight->terms->text();
    }
    return {};
  }

  Status finish() {
    QORGAN_CHECK(settle_requests());
    QORGAN_CHECK(find_entries());
    QORGAN_CHECK(store_->put_note(kEntriesFromNote, std::to_string(asked_.log->newest().size)));
    return write_entry();
  }

  // Requests of before whose decision came with the history. The others the coordinator is asked about.
  Status settle_requests() {
    for (const auto state : {store::RequestState::prepared, store::RequestState::agreed, store::RequestState::ran}) {
      QORGAN_TRY(std::vector<store::RequestRow> rows, store_->requests_in(state));
      for (store::RequestRow& row : rows) {
        QORGAN_TRY(const auto operation, store_->find_operation(row.request_id));
        if (!operation) continue;
        row.state = store::RequestState::committed;
        row.sequence = operation->sequence;
        row.payload = {};
        QORGAN_CHECK(store_->put_request(row));
      }
    }
    return {};
  }

  // What was written down but is not known to be in the log, and is there.
  Status find_entries() {
    QORGAN_TRY(const std::int64_t known, store_->indexed_entries());
    QORGAN_TRY(const std::vector<store::Entry> pending, store_->pending_entries(SIZE_MAX));
    if (pending.empty()) return {};
    std::set<std::int64_t> found;
    const std::uint64_t size = asked_.log->newest().size;
    for (auto from = static_cast<std::uint64_t>(known); from < size;) {
      const std::uint64_t to = std::min<std::uint64_t>(size, from + limits::log_entries_read_max);
      QORGAN_TRY(const std::vector<Bytes> logged, asked_.log->tiles().entries(from, to, size));
      for (const Bytes& leaf : logged) {
        const auto entry = std::find_if(pending.begin(), pending.end(), [&](const store::Entry& one) {
          return !found.contains(one.number) && std::equal(leaf.begin(), leaf.end(), one.leaf.begin(), one.leaf.end());
        });
        if (entry != pending.end()) {
          QORGAN_CHECK(store_->set_entry_index(entry->number, static_cast<std::int64_t>(from)));
          found.insert(entry->number);
        }
        ++from;
      }
    }
    return {};
  }

  // Once for each recovery, however often it was begun.
  Status write_entry() {
    constexpr const char* kNote = "recovered";
    QORGAN_TRY(const auto before, store_->find_note(kNote));
    if (before == to_hex(asked_.id)) return {};
    const std::int64_t now = unix_time_ms();
    ledger::Leaf leaf;
    leaf.time_s = now / 1000;
    leaf.event = ledger::Event::recover;
    leaf.custodian = asked_.options.custodian;
    QORGAN_CHECK(store_->add_entry(plain_entry(leaf, now)));
    return store_->put_note(kNote, to_hex(asked_.id));
  }

  const DatabaseRecovery& asked_;
  RecoveryLink& link_;
  std::optional<Store> store_;
  RecoveredDatabase report_;
};

}  // namespace

Result<RecoveredDatabase> recover_database(const DatabaseRecovery& recovery, RecoveryLink& link) {
  return Recovery(recovery, link).run();
}

}  // namespace qorgan::custodian
