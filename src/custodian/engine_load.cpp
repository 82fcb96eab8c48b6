// The engine's part that goes on after a start where it was.
#include <algorithm>

#include "base/limits.h"
#include "custodian/engine.h"
#include "custodian/flight_row.h"
#include "custodian/person.h"

namespace qorgan::custodian {
namespace {

using store::RequestState;

Error stopped_error(const std::string& custodian) {
  return {ErrorCode::unavailable, "a custodian stopped before the request was decided", custodian,
          "Nothing was stored or answered; ask again"};
}

}  // namespace

Status check_recovered(store::Store& store, const std::string& where) {
  QORGAN_TRY(const bool unfinished, store.is_recovering());
  if (!unfinished) return {};
  return failure(ErrorCode::unavailable, "this custodian's recovery has not ended", where,
                 "Recover this custodian again");
}

Result<std::unique_ptr<Engine>> Engine::open(int index, EngineParts parts) {
  std::unique_ptr<Engine> engine(new Engine(index, std::move(parts)));
  QORGAN_CHECK(engine->load());
  return engine;
}

Status Engine::load() {
  QORGAN_TRY(applied_sequence_, store_.applied_sequence());
  QORGAN_CHECK(check_recovered(store_, here()));
  QORGAN_CHECK(load_people());
  QORGAN_CHECK(load_counts());
  QORGAN_CHECK(match_entries_with_log());
  QORGAN_CHECK(load_hidden());
  return load_requests();
}

Status Engine::load_people() {
  return store_.load_all([this](store::Record&& record) -> Status {
    QORGAN_TRY(PersonShares person, to_person(std::move(record), index_));
    gallery_.add(std::move(person));
    return {};
  });
}

// Quotas go on where they were. Of names nothing but keyed hashes is written.
Status Engine::load_counts() {
  QORGAN_CHECK(drop_old_counts());
  QORGAN_TRY(const std::vector<store::NamedText> notes, store_.notes_with_prefix(Judge::kNotePrefix));
  return judge_->begin_counting([this](const std::string& name) { return store_.hidden_name(name); }, notes);
}

// Bounds what is kept by the names of a day, of which the counter has so many at most (limits::quota_names_max).
Status Engine::drop_old_counts() {
  if (!old_counts_.passed()) return {};
  old_counts_ = Deadline::after_ms(limits::quota_notes_dropped_every_ms);
  QORGAN_TRY(const std::vector<store::NamedText> notes, store_.notes_with_prefix(Judge::kNotePrefix));
  for (const store::NamedText& note : notes) {
    QORGAN_TRY(const bool over, judge_->is_over(note));
    if (over) QORGAN_CHECK(store_.drop_note(note.name));
  }
  return {};
}

// What was written down and is not marked as logged is in the log after all, or goes there now; but for what agreed to
// a request that this custodian then did not come to vote for. Where it came to nothing before, that is logged as well,
// and says nothing alone.
Status Engine::match_entries_with_log() {
  QORGAN_CHECK(match_indices());
  QORGAN_TRY(const std::vector<store::Entry> left, store_.pending_entries(SIZE_MAX));
  for (const store::Entry& entry : left) {
    if (!is_agreed(entry)) continue;
    QORGAN_TRY(const bool aborted, has_entry(entry.request_id, is_aborted));
    if (!aborted) QORGAN_CHECK(store_.drop_entry(entry.number));
  }
  entries_pending_ = true;
  return {};
}

Status Engine::match_indices() {
  QORGAN_TRY(const std::uint64_t known, entries_known());
  QORGAN_TRY(const std::vector<store::Entry> pending, store_.pending_entries(SIZE_MAX));
  const std::uint64_t size = log_->size();
  std::size_t next = 0;
  for (std::uint64_t from = known; from < size;) {
    const std::uint64_t to = std::min<std::uint64_t>(size, from + limits::log_entries_read_max);
    QORGAN_TRY(const std::vector<Bytes> logged, log_->entries(from, to));
    for (const Bytes& leaf : logged) {
      // In the order in which they were written down.
      while (next < pending.size() &&
             !std::equal(leaf.begin(), leaf.end(), pending[next].leaf.begin(), pending[next].leaf.end()))
        ++next;
      if (next == pending.size())
        return failure(ErrorCode::damaged, "the log knows of more than the database does",
                       here() + ", entry " + std::to_string(from), "The database was set back: recover this custodian");
      QORGAN_CHECK(mark_logged(std::span(pending).subspan(next++, 1), from++));
    }
  }
  return {};
}

Status Engine::load_requests() {
  for (const RequestState state : {RequestState::prepared, RequestState::agreed, RequestState::ran}) {
    QORGAN_TRY(const std::vector<store::RequestRow> rows, store_.requests_in(state));
    for (const store::RequestRow& row : rows) {
      QORGAN_TRY(FlightPtr flight, from_row(row, index_));
      flight->deadline = deadline_of(flight->request);
      flight->begun = flight->phase != Phase::prepared;  // whether it had is not known any more
      QORGAN_TRY(const std::vector<store::Entry> entries, store_.entries_of_request(flight->request.id));
      for (const store::Entry& entry : entries) {
        if (!is_agreed(entry)) continue;
        flight->entered = true;
        if (entry.index) flight->logged = static_cast<std::uint64_t>(*entry.index);
      }
      flights_[flight->request.id] = flight;
      // What the coordinator has not decided is aborted. So is a comparison that has lost its probe before this
      // custodian had a result: without one it cannot have been committed.
      const bool lost = protocol::is_comparison(flight->request.kind) && flight->phase != Phase::ran;
      if (index_ == kCoordinator || lost) QORGAN_CHECK(end(*flight, Phase::aborted, stopped_error(here())));
    }
  }
  return {};
}

}  // namespace qorgan::custodian
