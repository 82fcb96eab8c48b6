// The engine's part that has to do with its log: what is written down for it, and what is told from it.
#include <algorithm>
#include <set>

#include "base/limits.h"
#include "custodian/engine.h"

namespace qorgan::custodian {
namespace {

constexpr std::size_t kEntriesPerTurn = 256;

bool is_comparison(const store::Entry& entry) {
  for (const ledger::Event event : {ledger::Event::verify, ledger::Event::identify})
    for (const bool hidden : {false, true})
      if (entry.event == stored_event(event, hidden)) return true;
  return false;
}

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

Status Engine::entries_logged(std::span<const store::Entry> entries, std::uint64_t first_index) {
  const std::lock_guard lock(mutex_);
  return mark_logged(entries, first_index);
}

Status Engine::match_logged() {
  const std::lock_guard lock(mutex_);
  return match_indices();
}

Status Engine::mark_logged(std::span<const store::Entry> entries, std::uint64_t first_index) {
  std::vector<std::int64_t> numbers;
  for (const store::Entry& entry : entries) numbers.push_back(entry.number);
  QORGAN_CHECK(store_.set_entry_indices(numbers, static_cast<std::int64_t>(first_index)));
  for (std::uint64_t index = first_index; const store::Entry& entry : entries) {
    if (entry.event == stored_event(ledger::Event::verify, true) ||
        entry.event == stored_event(ledger::Event::identify, true))
      QORGAN_CHECK(keep_hidden(entry, static_cast<std::int64_t>(index)));
    const auto flight = flights_.find(entry.request_id);
    if (flight != flights_.end() && is_agreed(entry)) flight->second->logged = index;
    ++index;
  }
  changed_.notify_all();
  return {};
}

Status Engine::entry_failed(const store::Entry& entry, const Error& reason) {
  const std::lock_guard lock(mutex_);
  QORGAN_CHECK(store_.drop_entry(entry.number));
  const auto flight = flights_.find(entry.request_id);
  if (flight != flights_.end() && is_agreed(entry)) {
    flight->second->entered = false;
    flight->second->log_error = reason;
    store::Along along;
    along.warrant_use_dropped = entry.request_id;
    QORGAN_CHECK(put(*flight->second, along));
  }
  changed_.notify_all();
  return {};
}

Status Engine::add_entry(const ledger::Leaf& leaf, const std::optional<store::NamedText>& note) {
  const std::lock_guard lock(mutex_);
  store::Along along;
  along.entries.push_back(plain_entry(leaf, unix_time_ms()));
  if (note) along.notes.push_back(*note);
  QORGAN_CHECK(store_.write(along));
  entries_written();
  return {};
}

// Whether the log shows all entries of a request, or those of that event; also where there are none.
Result<bool> Engine::are_published(const protocol::RequestId& id, std::optional<ledger::Event> event) {
  const auto published = static_cast<std::int64_t>(log_->published_size());
  QORGAN_TRY(const std::vector<store::Entry> entries, store_.entries_of_request(id));
  return std::all_of(entries.begin(), entries.end(), [&](const store::Entry& entry) {
    return (event && entry.event != stored_event(*event, false)) || (entry.index && *entry.index < published);
  });
}

// In the same words for whatever it waits.
tl::unexpected<Error> Engine::not_shown(ErrorCode code) const {
  return failure(code, "a custodian's log does not show an entry in time", here(), "Ask again");
}

Status Engine::wait_entries_published(const protocol::RequestId& id, std::optional<ledger::Event> event,
                                      Deadline deadline, std::unique_lock<std::mutex>& lock) {
  std::int64_t last = -1;
  while (true) {
    bool all = true;
    QORGAN_TRY(const std::vector<store::Entry> entries, store_.entries_of_request(id));
    for (const store::Entry& entry : entries) {
      if (event && entry.event != stored_event(*event, false)) continue;
      all = all && entry.index;
      last = std::max(last, entry.index.value_or(-1));
    }
    if (all) break;
    if (stopping_) return failure(ErrorCode::unavailable, "this custodian is stopping", here(), "Ask again");
    if (changed_.wait_until(lock, deadline.at()) == std::cv_status::timeout) return not_shown(ErrorCode::timeout);
  }
  if (last < 0) return {};
  lock.unlock();
  const Status published = log_->wait_published(static_cast<std::uint64_t>(last), deadline);
  lock.lock();
  if (published) return {};
  return not_shown(published.error().code);
}

Result<Engine::Looked> Engine::look_for(const AbsenceQuestion& question, Deadline deadline) {
  std::unique_lock lock(mutex_);
  if (stopping_) return failure(ErrorCode::unavailable, "this custodian is stopping", here(), "Ask again");
  QORGAN_CHECK(check_age(question.id));
  QORGAN_TRY(const FlightPtr known, find(question.id));
  QORGAN_TRY(const bool is_used, has_entry(question.id, [](const store::Entry&) { return true; }));
  if (known || is_used)
    return failure(ErrorCode::stale, "this request id was used before", to_hex(question.id), "Use a new one");
  const Gallery::Person person = gallery_.find(question.pseudonym);
  const Looked looked{applied_sequence_, person != nullptr};
  EntrySubject subject;
  if (person) subject = {person->enrolled_seq, &person->view_key};
  QORGAN_CHECK(store_.add_entry(absence_entry(index_, question, subject, unix_time_ms())));
  entries_written();
  QORGAN_CHECK(wait_entries_published(question.id, ledger::Event::absence, deadline, lock));
  return looked;
}

Result<bool> Engine::has_entry(const protocol::RequestId& id, bool (*is_meant)(const store::Entry&)) {
  QORGAN_TRY(const std::vector<store::Entry> entries, store_.entries_of_request(id));
  return std::any_of(entries.begin(), entries.end(), is_meant);
}

// Of a comparison that is not kept any more: one that was agreed to, and did not come to nothing, was answered. Entries
// are kept for good.
Result<bool> Engine::was_released(const protocol::RequestId& id) {
  QORGAN_TRY(const bool agreed, has_entry(id, is_comparison));
  QORGAN_TRY(const bool aborted, has_entry(id, is_aborted));
  return agreed && !aborted;
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

// Empty where the record is gone, and where the opening was lost in a recovery: one of another's entry opens nothing.
Result<std::string> Engine::enrolment_opening(const protocol::RequestId& id) {
  QORGAN_TRY(const auto operation, store_.find_operation(id));
  if (!operation || operation->kind != store::OperationKind::enrol) return std::string();
  if (!gallery_.find_record(operation->record_id)) return std::string();
  QORGAN_TRY(const store::Record record, store_.load_record(operation->sequence));
  QORGAN_TRY(const Terms terms, parse_terms(record.terms_json));
  const auto opening = ledger::parse_opening(terms.enrolment_opening);
  if (!opening) return std::string();
  const ledger::Hash commitment = ledger::details_commitment(*opening);
  QORGAN_TRY(const std::vector<store::Entry> entries, store_.entries_of_request(id));
  for (const store::Entry& entry : entries) {
    QORGAN_TRY(const ledger::Leaf leaf, ledger::parse_leaf(entry.leaf));
    if (leaf.event == ledger::Event::enrol && leaf.details == commitment) return terms.enrolment_opening;
  }
  return std::string();
}

Result<std::vector<policy::Check>> Engine::explain(const protocol::RequestId& id, const std::string& desk) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const FlightPtr flight, known_of(id, desk));
  QORGAN_TRY(const bool published, are_published(id, std::nullopt));
  if (!published) return failure(ErrorCode::busy, "the decision is not in the log yet", here(), "Ask again");
  if (flight->judgement.checks.empty())
    return failure(ErrorCode::not_found, "the reasons for this decision are no longer kept", here());
  return flight->judgement.checks;
}

protocol::SubjectId Engine::subject_of(const protocol::Request& request) const {
  if (request.asker == protocol::Asker::desk) return request.subject;
  const Gallery::Person person = gallery_.find_record(request.record);
  return person ? person->subject : protocol::SubjectId{};
}

// Once, at the start; from then on each is kept as it is logged.
Status Engine::load_hidden() {
  std::set<std::int64_t> opened;
  QORGAN_TRY(const auto openings,
             store_.entries_of_event(stored_event(ledger::Event::opened, false), 0, INT64_MAX, SIZE_MAX));
  for (const store::Entry& entry : openings) {
    QORGAN_TRY(const ledger::Leaf leaf, ledger::parse_leaf(entry.leaf));
    if (leaf.entry) opened.insert(*leaf.entry);
  }
  for (const ledger::Event event : {ledger::Event::verify, ledger::Event::identify}) {
    QORGAN_TRY(const auto hidden, store_.entries_of_event(stored_event(event, true), 0, INT64_MAX, SIZE_MAX));
    for (const store::Entry& entry : hidden)
      if (entry.index && !opened.contains(*entry.index)) QORGAN_CHECK(keep_hidden(entry, *entry.index));
  }
  return {};
}

Status Engine::keep_hidden(const store::Entry& entry, std::int64_t index) {
  QORGAN_TRY(const ledger::Leaf leaf, ledger::parse_leaf(entry.leaf));
  if (leaf.hidden_until_s == 0) return {};
  hidden_by_date_.emplace(leaf.hidden_until_s, index);
  hidden_.emplace(index, entry.request_id);
  return {};
}

Result<Engine::Hidden> Engine::open_hidden(std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  const std::int64_t now_s = now_ms / 1000;
  const std::int64_t witnessed_s = log_->witnessed_time_s().value_or(0);
  while (!hidden_by_date_.empty() && hidden_by_date_.begin()->first <= std::min(now_s, witnessed_s)) {
    const auto [until_s, index] = *hidden_by_date_.begin();
    QORGAN_CHECK(open_hidden_entry(index, hidden_.at(index), now_ms));
    hidden_.erase(index);
    hidden_by_date_.erase(hidden_by_date_.begin());
  }
  Hidden left{hidden_.size(), 0};
  for (const auto& [until_s, index] : hidden_by_date_) {
    if (until_s > now_s) break;
    ++left.waiting;
  }
  if (left.waiting > 0) log_->ask_witnesses_again();
  return left;
}

Status Engine::open_hidden_entry(std::int64_t index, const protocol::RequestId& request, std::int64_t now_ms) {
  QORGAN_TRY(const auto entries, store_.entries_of_request(request));
  const auto hidden =
      std::find_if(entries.begin(), entries.end(), [&](const store::Entry& entry) { return entry.index == index; });
  if (hidden == entries.end())
    return failure(ErrorCode::damaged, "a hidden entry is gone", here() + ", request " + to_hex(request));
  QORGAN_CHECK(store_.add_entry(opened_entry(*hidden, now_ms)));
  entries_written();
  return {};
}

Result<std::vector<store::Notice>> Engine::notices_for(const std::string& party,
                                                       const std::optional<protocol::RecordId>& after) {
  const std::lock_guard lock(mutex_);
  return store_.notices_of_party(party, true, after, limits::notices_per_page_max);
}

tl::unexpected<Error> Engine::no_notice() const {
  return failure(ErrorCode::not_found, "there is no such notice for this relying party", here());
}

Result<Engine::NoticePart> Engine::tell_notice_part(const std::string& party, const protocol::RecordId& record,
                                                    std::size_t from) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(std::optional<store::Notice> notice, store_.find_notice(record, party));
  if (!notice) return no_notice();
  const std::size_t all = notice->answered.size();
  // Bounded: who has begun with too many begins anew.
  if (notice_parts_told_.size() >= limits::notices_max) notice_parts_told_.clear();
  const auto place = std::pair(record, party);
  std::size_t& told = notice_parts_told_[place];
  if (from > told || from > all)
    return failure(ErrorCode::stale, "a part of a notice before those that come first", here(),
                   "Ask for the notice from its beginning");
  const std::size_t to = std::min(all, from + limits::notice_part_requests_max);
  told = std::max(told, to);
  const auto at = [&](std::size_t i) { return notice->answered.begin() + static_cast<std::ptrdiff_t>(i); };
  NoticePart part{{at(from), at(to)}, all};
  if (told < all) return part;
  notice_parts_told_.erase(place);
  if (notice->told_ms != 0) return part;
  const std::int64_t now = unix_time_ms();
  notice->told_ms = now;
  store::Along along;
  along.entries.push_back(notified_entry(*notice, false, now));
  QORGAN_CHECK(store_.update_notice(*notice, along));
  entries_written();
  return part;
}

Status Engine::acknowledge_notice(const std::string& party, const protocol::RecordId& record) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(std::optional<store::Notice> notice, store_.find_notice(record, party));
  if (!notice) return no_notice();
  if (notice->acknowledged_ms != 0) return {};
  if (notice->told_ms == 0)
    return failure(ErrorCode::refused, "the relying party was not yet told all that this notice names", here(),
                   "Fetch it (qorgan notices), erase what it names, then acknowledge it");
  const std::int64_t now = unix_time_ms();
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

void Engine::log_works() {
  const std::lock_guard lock(mutex_);
  log_failure_.reset();
}

Status Engine::log_health() const {
  const std::lock_guard lock(mutex_);
  if (log_failure_) return tl::unexpected(*log_failure_);
  return log_->health();
}

// An old policy is signed as well as the present one: which one is meant only its version tells.
Status Engine::log_policy() {
  constexpr const char* kNote = "policy";
  const std::shared_ptr<const policy::Policy> policy = judge_->policy();
  const std::int64_t version = policy->rules().version;
  const std::string digest = to_hex(policy->digest());
  QORGAN_TRY(const auto before, find_note(kNote));
  if (before) {
    const std::size_t space = before->find(' ');
    const std::int64_t known = std::strtoll(before->c_str(), nullptr, 10);
    if (version < known)
      return failure(ErrorCode::refused, "the policy is older than the one that was in force before",
                     here() + ", version " + std::to_string(version) + " after " + std::to_string(known),
                     "Sign it with a higher version");
    if (version == known) {
      if (space != std::string::npos && before->substr(space + 1) == digest) return {};
      return failure(ErrorCode::refused, "the policy has changed, but not its version",
                     here() + ", version " + std::to_string(version), "Sign it with a higher version");
    }
  }
  ledger::Leaf leaf;
  leaf.time_s = unix_time_ms() / 1000;
  leaf.event = ledger::Event::policy;
  leaf.digest = policy->digest();
  return add_entry(leaf, store::NamedText{kNote, std::to_string(version) + " " + digest});
}

}  // namespace qorgan::custodian
