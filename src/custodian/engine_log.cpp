// The engine's part that has to do with its log: what is written down for it, and what is told from it.
#include <algorithm>
#include <set>

#include "base/limits.h"
#include "custodian/engine.h"

namespace qorgan::custodian {
namespace {

constexpr std::size_t kEntriesPerTurn = 256;

}  // namespace

LoggedEntry logged_entry(const store::Entry& entry, ledger::Event event) {
  QORGAN_ASSERT(entry.index);
  const ByteView opening = entry.opening.expose();
  return {event, static_cast<std::uint64_t>(*entry.index), entry.leaf, {opening.begin(), opening.end()}};
}

Result<std::vector<store::Entry>> Engine::entries_to_log(Deadline deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline.at(), [&] { return stopping_ || entries_pending_; });
  if (stopping_ || !entries_pending_) return std::vector<store::Entry>();
  QORGAN_TRY(std::vector<store::Entry> entries, store_.pending_entries(kEntriesPerTurn));
  entries_pending_ = !entries.empty();
  return entries;
}

Status Engine::entry_logged(const store::Entry& entry, std::uint64_t index) {
  const std::lock_guard lock(mutex_);
  QORGAN_CHECK(store_.set_entry_index(entry.number, static_cast<std::int64_t>(index)));
  const auto flight = flights_.find(entry.request_id);
  if (flight != flights_.end()) flight->second->logged = index;
  changed_.notify_all();
  return {};
}

Status Engine::entry_failed(const store::Entry& entry, const Error& reason) {
  const std::lock_guard lock(mutex_);
  QORGAN_CHECK(store_.drop_entry(entry.number));
  const auto flight = flights_.find(entry.request_id);
  if (flight != flights_.end()) {
    flight->second->entered = false;
    flight->second->log_error = reason;
    store::Along along;
    along.warrant_use_dropped = entry.request_id;
    QORGAN_CHECK(put(*flight->second, along));
  }
  changed_.notify_all();
  return {};
}

Status Engine::add_entry(const ledger::Leaf& leaf) {
  const std::lock_guard lock(mutex_);
  QORGAN_CHECK(store_.add_entry(plain_entry(leaf, unix_time_ms())));
  entries_written();
  return {};
}

Result<std::vector<LoggedEntry>> Engine::logged_entries(const protocol::RequestId& id, Deadline deadline) {
  std::vector<LoggedEntry> logged;
  while (true) {
    std::unique_lock lock(mutex_);
    QORGAN_TRY(const std::vector<store::Entry> entries, store_.entries_of_request(id));
    const bool all =
        std::all_of(entries.begin(), entries.end(), [](const store::Entry& entry) { return entry.index.has_value(); });
    if (all) {
      for (const store::Entry& entry : entries) {
        QORGAN_TRY(const ledger::Leaf leaf, ledger::parse_leaf(entry.leaf));
        LoggedEntry one = logged_entry(entry, leaf.event);
        if (one.event == ledger::Event::enrol) {
          QORGAN_TRY(one.opening, enrolment_opening(id));
        }
        logged.push_back(std::move(one));
      }
      break;
    }
    if (stopping_ || changed_.wait_until(lock, deadline.at()) == std::cv_status::timeout)
      return failure(ErrorCode::timeout, "a custodian's log did not take an entry in time", here(), "Ask again");
  }
  for (const LoggedEntry& entry : logged) QORGAN_CHECK(log_->wait_published(entry.index, deadline));
  return logged;
}

// Empty where the record is gone.
Result<std::string> Engine::enrolment_opening(const protocol::RequestId& id) {
  QORGAN_TRY(const auto operation, store_.find_operation(id));
  if (!operation || operation->kind != store::OperationKind::enrol) return std::string();
  if (!gallery_.find_record(operation->record_id)) return std::string();
  QORGAN_TRY(const store::Record record, store_.load_record(operation->sequence));
  QORGAN_TRY(const Terms terms, parse_terms(record.terms_json));
  return terms.enrolment_opening;
}

Result<std::vector<policy::Check>> Engine::explain(const protocol::RequestId& id, const std::string& desk) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known_of(id, desk));
  if (flight->judgement.checks.empty())
    return failure(ErrorCode::not_found, "the reasons for this decision are no longer kept", here());
  return flight->judgement.checks;
}

protocol::SubjectId Engine::subject_of(const protocol::Request& request) const {
  if (request.asker == protocol::Asker::desk) return request.subject;
  const Gallery::Person person = gallery_.find_record(request.record);
  return person ? person->subject : protocol::SubjectId{};
}

std::vector<protocol::RecordId> Engine::overdue(std::int64_t now_ms) const {
  std::vector<protocol::RecordId> records;
  for (const Gallery::Person& person : gallery_.everyone())
    if (person->terms.keep_until_ms != 0 && person->terms.keep_until_ms <= now_ms) records.push_back(person->record_id);
  return records;
}

Result<std::size_t> Engine::open_hidden(std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  std::set<std::int64_t> opened;
  QORGAN_TRY(const auto openings,
             store_.entries_of_event(stored_event(ledger::Event::opened, false), 0, INT64_MAX, SIZE_MAX));
  for (const store::Entry& entry : openings) {
    QORGAN_TRY(const ledger::Leaf leaf, ledger::parse_leaf(entry.leaf));
    if (leaf.entry) opened.insert(*leaf.entry);
  }
  std::size_t closed = 0;
  for (const ledger::Event event : {ledger::Event::verify, ledger::Event::identify}) {
    QORGAN_TRY(const auto hidden, store_.entries_of_event(stored_event(event, true), 0, INT64_MAX, SIZE_MAX));
    for (const store::Entry& entry : hidden) {
      if (!entry.index || opened.contains(*entry.index)) continue;
      QORGAN_TRY(const ledger::Leaf leaf, ledger::parse_leaf(entry.leaf));
      if (leaf.hidden_until_s * 1000 > now_ms) {
        ++closed;
        continue;
      }
      QORGAN_CHECK(store_.add_entry(opened_entry(entry, now_ms)));
      entries_written();
    }
  }
  return closed;
}

Result<std::vector<store::Notice>> Engine::tell_notices(const std::string& party) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(std::vector<store::Notice> notices, store_.notices_of_party(party, true));
  const std::int64_t now = unix_time_ms();
  for (store::Notice& notice : notices) {
    if (notice.told_ms != 0) continue;
    notice.told_ms = now;
    store::Along along;
    along.entries.push_back(notified_entry(notice, false, now));
    QORGAN_CHECK(store_.update_notice(notice, along));
    entries_written();
  }
  return notices;
}

Status Engine::acknowledge_notice(const std::string& party, const protocol::RecordId& record) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(std::vector<store::Notice> notices, store_.notices_of_party(party, false));
  const auto notice =
      std::find_if(notices.begin(), notices.end(), [&](const store::Notice& one) { return one.record_id == record; });
  if (notice == notices.end())
    return failure(ErrorCode::not_found, "there is no such notice for this relying party", here());
  if (notice->acknowledged_ms != 0) return {};
  const std::int64_t now = unix_time_ms();
  if (notice->told_ms == 0) notice->told_ms = now;
  notice->acknowledged_ms = now;
  store::Along along;
  along.entries.push_back(notified_entry(*notice, true, now));
  QORGAN_CHECK(store_.update_notice(*notice, along));
  entries_written();
  return {};
}

Result<std::vector<store::Notice>> Engine::notices_of(const protocol::RequestId& erasure) {
  const std::lock_guard lock(mutex_);
  return store_.notices_of_request(erasure);
}

Result<protocol::RecordId> Engine::erased_record(const protocol::RequestId& erasure) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const auto operation, store_.find_operation(erasure));
  if (!operation || operation->kind != store::OperationKind::erase)
    return failure(ErrorCode::not_found, "this request has destroyed no record", here());
  return operation->record_id;
}

void Engine::log_failed(const Error& reason) {
  const std::lock_guard lock(mutex_);
  log_failure_ = reason;
}

Status Engine::log_health() const {
  const std::lock_guard lock(mutex_);
  if (log_failure_) return tl::unexpected(*log_failure_);
  return log_->health();
}

Status Engine::log_policy() {
  constexpr const char* kNote = "policy";
  const std::string digest = to_hex(judge_->policy()->digest());
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const auto before, store_.find_note(kNote));
  if (before == digest) return {};
  ledger::Leaf leaf;
  leaf.time_s = unix_time_ms() / 1000;
  leaf.event = ledger::Event::policy;
  leaf.digest = judge_->policy()->digest();
  QORGAN_CHECK(store_.add_entry(plain_entry(leaf, unix_time_ms())));
  QORGAN_CHECK(store_.put_note(kNote, digest));
  entries_written();
  return {};
}

}  // namespace qorgan::custodian
