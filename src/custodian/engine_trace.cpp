// The engine's part that tells a person what was done with their data, page by page.
#include <algorithm>
#include <functional>
#include <utility>

#include "base/limits.h"
#include "custodian/engine.h"

namespace qorgan::custodian {
namespace {

// Read while everything else waits, then made ready to be told while it does not.
constexpr std::size_t kRowsAtOnce = 64;

struct Told {
  std::int64_t number = 0;
  protocol::RequestId request{};
  LoggedEntry entry;
};

// Newest first, all that there are down to the number `floor`; 0: all.
struct Rows {
  std::vector<Told> told;
  std::int64_t floor = 0;
};

// At most `count_max` of both.
Rows join(Rows one, Rows other, std::size_t count_max) {
  Rows both{std::move(one.told), std::max(one.floor, other.floor)};
  both.told.insert(both.told.end(), std::move_iterator(other.told.begin()), std::move_iterator(other.told.end()));
  std::erase_if(both.told, [&](const Told& told) { return told.number < both.floor; });
  std::sort(both.told.begin(), both.told.end(), [](const Told& a, const Told& b) { return a.number > b.number; });
  if (both.told.size() > count_max) {
    both.told.resize(count_max);
    both.floor = both.told.back().number;
  }
  return both;
}

std::optional<std::int64_t> next_of(const Rows& rows) {
  return rows.floor > 0 ? std::optional(rows.floor) : std::nullopt;
}

}  // namespace

// Takes the engine's lock for a few entries at a time.
class Engine::TraceReader {
 public:
  TraceReader(Engine& engine, Gallery::Person person, const TracePage& page)
      : engine_(engine),
        person_(std::move(person)),
        page_(page),
        // What is not published yet can be proven in a moment, and is told then.
        published_(static_cast<std::int64_t>(engine.log_->published_size())),
        tag_key_(ledger::view_key_of(person_->view_key, engine.index_)) {}

  Status read_uses(Trace& trace) {
    if (page_.uses_before <= 0) return {};
    const auto own_rows = [&](std::int64_t before, std::size_t count) {
      return engine_.store_.entries_of_record(person_->enrolled_seq, before, count, page_.since_ms);
    };
    QORGAN_TRY(Rows own, read(page_.uses_before, own_rows,
                              [&](const store::Entry& entry, const ledger::Leaf& leaf, const LoggedEntry&) {
                                return may_be_told(entry, leaf);
                              }));
    // A hidden verification names its subject's tag in its details alone.
    QORGAN_TRY(Rows opened, read(page_.uses_before, rows_of(ledger::Event::verify, true),
                                 [&](const store::Entry& entry, const ledger::Leaf& leaf, const LoggedEntry& logged) {
                                   const std::string tag = to_hex(ledger::subject_tag(tag_key_, entry.request_id));
                                   return !is_hidden(entry, leaf) && logged.opening.find(tag) != std::string::npos;
                                 }));
    Rows uses = join(std::move(own), std::move(opened), page_.entries_max);
    QORGAN_CHECK(add_enrolment(uses));
    trace.uses_before = next_of(uses);
    for (Told& told : uses.told) trace.uses.push_back(std::move(told.entry));
    return {};
  }

  Status read_searches(Trace& trace) {
    if (page_.searches_before <= 0) return {};
    const auto may_be_seen = [this](const store::Entry& entry, const ledger::Leaf& leaf, const LoggedEntry&) {
      return !is_hidden(entry, leaf);
    };
    QORGAN_TRY(Rows open, read(page_.searches_before, rows_of(ledger::Event::identify, false), may_be_seen));
    // A search's details are its desk's and the court's, not each person's among whom was searched; but what was hidden
    // is in the log by then.
    for (Told& told : open.told) told.entry.opening.clear();
    QORGAN_TRY(Rows opened, read(page_.searches_before, rows_of(ledger::Event::identify, true), may_be_seen));
    Rows searches = join(std::move(open), std::move(opened), page_.entries_max);
    trace.searches_before = next_of(searches);
    for (Told& told : searches.told) {
      trace.searches.push_back(std::move(told.entry));
      QORGAN_CHECK(add_abort(told.request, trace.searches));
    }
    return {};
  }

  // By these is known from where on a custodian that had lost its list can tell of uses again.
  Status read_recoveries(Trace& trace) {
    if (page_.uses_before != INT64_MAX || page_.searches_before != INT64_MAX) return {};
    const int event = stored_event(ledger::Event::recover, false);
    Entries entries;
    {
      const std::lock_guard lock(engine_.mutex_);
      QORGAN_TRY(entries, engine_.store_.entries_of_event(event, 0, INT64_MAX, limits::trace_recoveries_max));
    }
    for (const store::Entry& entry : entries)
      if (is_published(entry)) trace.recoveries.push_back(logged_entry(entry, ledger::Event::recover));
    return {};
  }

 private:
  using Entries = std::vector<store::Entry>;
  using Fetch = std::function<Result<Entries>(std::int64_t before, std::size_t count)>;
  using Keep = std::function<Result<bool>(const store::Entry&, const ledger::Leaf&, const LoggedEntry&)>;

  // Until its opening is written down: no earlier than everybody may know.
  bool is_hidden(const store::Entry& entry, const ledger::Leaf& leaf) const {
    if (leaf.hidden_until_s == 0) return false;
    const std::lock_guard lock(engine_.mutex_);
    return !entry.index || engine_.hidden_.contains(*entry.index);
  }
  bool is_published(const store::Entry& entry) const { return entry.index && *entry.index < published_; }

  Fetch rows_of(ledger::Event event, bool hidden) {
    const std::int64_t since_ms = std::max(page_.since_ms, person_->terms.enrolled_ms);
    return [this, number = stored_event(event, hidden), since_ms](std::int64_t before, std::size_t count) {
      return engine_.store_.entries_of_event(number, since_ms, before, count);
    };
  }

  Result<Rows> read(std::int64_t before, const Fetch& fetch, const Keep& keep) {
    Rows rows{{}, before};
    std::size_t looked_at = 0;
    while (rows.told.size() < page_.entries_max && looked_at < limits::trace_entries_max) {
      const std::size_t wanted = std::min(kRowsAtOnce, limits::trace_entries_max - looked_at);
      Entries entries;
      {
        const std::lock_guard lock(engine_.mutex_);
        QORGAN_TRY(entries, fetch(rows.floor, wanted));
      }
      looked_at += entries.size();
      rows.floor = entries.size() < wanted ? 0 : entries.back().number;
      for (const store::Entry& entry : entries) {
        if (!is_published(entry)) continue;
        QORGAN_TRY(const ledger::Leaf leaf, ledger::parse_leaf(entry.leaf));
        LoggedEntry logged = logged_entry(entry, leaf.event);
        QORGAN_TRY(const bool kept, keep(entry, leaf, logged));
        if (kept) rows.told.push_back({entry.number, entry.request_id, std::move(logged)});
      }
      if (rows.floor == 0) break;
    }
    return rows;
  }

  Result<Entries> entries_of_request(const protocol::RequestId& request) {
    const std::lock_guard lock(engine_.mutex_);
    return engine_.store_.entries_of_request(request);
  }

  // That a hidden use came to nothing would tell that there was one.
  Result<bool> may_be_told(const store::Entry& entry, const ledger::Leaf& leaf) {
    if (leaf.event != ledger::Event::aborted) return true;
    QORGAN_TRY(const Entries entries, entries_of_request(entry.request_id));
    for (const store::Entry& other : entries) {
      QORGAN_TRY(const ledger::Leaf about, ledger::parse_leaf(other.leaf));
      if (is_hidden(other, about)) return false;
    }
    return true;
  }

  Status add_abort(const protocol::RequestId& request, std::vector<LoggedEntry>& searches) {
    QORGAN_TRY(const Entries entries, entries_of_request(request));
    for (const store::Entry& entry : entries) {
      if (entry.event != stored_event(ledger::Event::aborted, false) || !is_published(entry)) continue;
      searches.push_back(logged_entry(entry, ledger::Event::aborted));
    }
    return {};
  }

  // The entry of the enrolment, which came before there was a record that it could belong to: the oldest of all.
  Status add_enrolment(Rows& uses) {
    if (uses.floor > 0) return {};
    const std::lock_guard lock(engine_.mutex_);
    QORGAN_TRY(const auto operations, engine_.store_.operations_after(person_->enrolled_seq - 1, 1));
    if (operations.empty()) return {};
    const protocol::RequestId& request = operations.front().request_id;
    QORGAN_TRY(const Entries entries, engine_.store_.entries_of_request(request));
    for (const store::Entry& entry : entries) {
      const bool wanted = entry.number < page_.uses_before && entry.time_ms >= page_.since_ms;
      if (!wanted || !is_published(entry) || entry.event != stored_event(ledger::Event::enrol, false)) continue;
      if (uses.told.size() >= page_.entries_max) {
        uses.floor = uses.told.back().number;
        return {};
      }
      LoggedEntry one = logged_entry(entry, ledger::Event::enrol);
      QORGAN_TRY(one.opening, engine_.enrolment_opening(request));
      uses.told.push_back({entry.number, request, std::move(one)});
    }
    return {};
  }

  Engine& engine_;
  const Gallery::Person person_;
  const TracePage& page_;
  const std::int64_t published_;
  const crypto::Key tag_key_;
};

Result<Trace> Engine::trace(const protocol::RecordId& record, const TracePage& page) {
  const auto gone = [&] {
    return failure(ErrorCode::not_found, "there is no record of this handle", here(), "It may have been erased");
  };
  QORGAN_ASSERT(page.entries_max > 0);
  const Gallery::Person person = gallery_.find_record(record);
  if (!person) return gone();
  Trace trace;
  trace.terms = person->terms;
  trace.flags = person->flags;
  for (const FingerShares& finger : *person->fingers) trace.fingers.push_back(finger.position());
  TraceReader reader(*this, person, page);
  QORGAN_CHECK(reader.read_uses(trace));
  QORGAN_CHECK(reader.read_searches(trace));
  QORGAN_CHECK(reader.read_recoveries(trace));
  // Erased meanwhile: what was read may be cut short, and is not to be told any more.
  const std::lock_guard lock(mutex_);
  if (!gallery_.find_record(record)) return gone();
  return trace;
}

}  // namespace qorgan::custodian
