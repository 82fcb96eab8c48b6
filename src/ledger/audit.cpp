#include "ledger/audit.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "ledger/audit_state.h"

namespace qorgan::ledger {
namespace {

std::string_view text_of(const Bytes& entry) {
  return {reinterpret_cast<const char*>(entry.data()), entry.size()};
}

}  // namespace

struct Audit::State {
  Status run(const AuditedLogs& its_logs, std::int64_t its_now_s, const OnAlarm& its_on_alarm);
  Status save() const { return write_file_atomically(file, as_bytes(memory.text()), FileMode::public_file); }

  std::filesystem::path file;
  AuditMemory memory;

 private:
  struct Place {
    std::size_t log = 0;
    std::uint64_t index = 0;
  };

  Status read_log(std::size_t log);
  Status read_entry(Place place, const Bytes& entry);
  Status note_time(Place place, const Leaf& leaf);
  Status note_request(Place place, const Leaf& leaf, const Bytes& entry);
  Status compare(const RequestId& id, AuditedRequest& request, std::size_t log);
  Status note_opened(Place place, const Leaf& leaf);
  void note_counts(Place place, const Leaf& leaf);
  void count_use(AuditedRequest& request);

  Status judge_requests();
  Status judge(const RequestId& id, AuditedRequest& request);
  Status report_missing(const RequestId& id, AuditedRequest& request, std::size_t has, std::size_t lacks);
  Status report_unended(const RequestId& id, AuditedRequest& request, std::size_t log);
  bool is_over(const AuditedRequest& request) const;
  bool went_on(std::size_t log, std::int64_t time_s) const {
    // An entry of the future, of a clock that is wrong, does not mean that time has passed.
    return std::min(memory.logs[log].summary.newest_s, now_s_) > time_s + limits::log_audit_grace_s;
  }
  Status judge_hidden();

  Status alarm(EvidenceKind kind, std::size_t log, std::string claim, const std::vector<Place>& places);
  const std::string& name(std::size_t log) const { return memory.logs[log].key.name; }

  const AuditedLogs* logs_ = nullptr;
  const OnAlarm* on_alarm_ = nullptr;
  std::int64_t now_s_ = 0;
};

Status Audit::State::run(const AuditedLogs& its_logs, std::int64_t its_now_s, const OnAlarm& its_on_alarm) {
  logs_ = &its_logs;
  on_alarm_ = &its_on_alarm;
  now_s_ = its_now_s;
  for (std::size_t log = 0; log < kAuditedLogs; ++log) QORGAN_CHECK(read_log(log));
  QORGAN_CHECK(judge_requests());
  QORGAN_CHECK(judge_hidden());
  return save();
}

Status Audit::State::read_log(std::size_t log) {
  LogSummary& summary = memory.logs[log].summary;
  const AuditedLog& audited = (*logs_)[log];
  while (summary.entries < audited.size) {
    const std::uint64_t to = std::min(audited.size, summary.entries + limits::log_audit_batch);
    QORGAN_TRY(const std::vector<Bytes> entries, audited.entries(summary.entries, to));
    for (const Bytes& entry : entries) {
      QORGAN_CHECK(read_entry({log, summary.entries}, entry));
      ++summary.entries;
    }
  }
  return {};
}

Status Audit::State::read_entry(Place place, const Bytes& entry) {
  const Result<Leaf> leaf = parse_leaf(text_of(entry));
  if (!leaf) {
    ++memory.logs[place.log].summary.malformed;
    return alarm(EvidenceKind::malformed_leaf, place.log,
                 fmt::format("Entry {} says nothing that can be read.", place.index), {place});
  }
  QORGAN_CHECK(note_time(place, *leaf));
  note_counts(place, *leaf);
  if (leaf->event == Event::opened) return note_opened(place, *leaf);
  return leaf->request ? note_request(place, *leaf, entry) : Status();
}

Status Audit::State::note_time(Place place, const Leaf& leaf) {
  AuditMemory::OneLog& log = memory.logs[place.log];
  const std::int64_t before_s = log.summary.newest_s;
  const Place before{place.log, log.newest_index};
  if (leaf.time_s >= before_s) {
    log.summary.newest_s = leaf.time_s;
    log.newest_index = place.index;
    return {};
  }
  if (leaf.time_s + limits::log_time_skew_s >= before_s) return {};
  // One step back is one alarm, whatever follows.
  log.summary.newest_s = leaf.time_s;
  log.newest_index = place.index;
  return alarm(EvidenceKind::time_back, place.log,
               fmt::format("Entry {} is of an earlier time than entry {} before it.", place.index, before.index),
               {before, place});
}

void Audit::State::note_counts(Place place, const Leaf& leaf) {
  AuditMemory::OneLog& log = memory.logs[place.log];
  switch (leaf.event) {
    case Event::refused:
      ++log.summary.refused;
      break;
    case Event::aborted:
      ++log.summary.aborted;
      break;
    case Event::erased:
    case Event::expired:
      ++log.summary.erased;
      break;
    case Event::policy:
      log.summary.policies.push_back({leaf.time_s, leaf.digest.value_or(Hash{})});
      if (log.summary.policies.size() > limits::log_policies_listed_max)
        log.summary.policies.erase(log.summary.policies.begin());
      break;
    default:
      if (is_agreed(leaf.event) && leaf.hidden_until_s != 0)
        log.hidden[place.index] = {leaf.hidden_until_s, leaf.details.value_or(Hash{}), false};
  }
}

Status Audit::State::note_request(Place place, const Leaf& leaf, const Bytes& entry) {
  const bool agreed = is_agreed(leaf.event);
  if (!agreed && leaf.event != Event::refused && leaf.event != Event::aborted) return {};
  const auto known = memory.requests.find(*leaf.request);
  // The end of a request that was settled long ago.
  if (known == memory.requests.end() && leaf.event == Event::aborted) return {};
  AuditedRequest& request = memory.requests[*leaf.request];
  request.first_s = request.first_s == 0 ? leaf.time_s : std::min(request.first_s, leaf.time_s);
  RequestSide& side = request.sides[place.log];
  if (agreed && !side.agreed) {
    side.agreed = place.index;
    side.agreed_text = text_of(entry);
    QORGAN_CHECK(compare(*leaf.request, request, place.log));
  }
  if (leaf.event == Event::refused) side.refused = place.index;
  if (leaf.event == Event::aborted) side.aborted = true;
  count_use(request);
  return {};
}

Status Audit::State::compare(const RequestId& id, AuditedRequest& request, std::size_t log) {
  for (std::size_t other = 0; other < kAuditedLogs; ++other) {
    const RequestSide& side = request.sides[other];
    if (other == log || !side.agreed || request.differs) continue;
    QORGAN_TRY(const Leaf first, parse_leaf(side.agreed_text));
    QORGAN_TRY(const Leaf second, parse_leaf(request.sides[log].agreed_text));
    if (says_same(first, second)) continue;
    request.differs = true;
    QORGAN_CHECK(
        alarm(EvidenceKind::fields_differ, log,
              fmt::format("Logs {} and {} say different things of request {}.", name(other), name(log), to_hex(id)),
              {{other, *side.agreed}, {log, *request.sides[log].agreed}}));
  }
  return {};
}

// An abort at all three takes back what was counted when all three had agreed.
void Audit::State::count_use(AuditedRequest& request) {
  const auto& sides = request.sides;
  const bool all_agreed = std::all_of(sides.begin(), sides.end(), [](const RequestSide& s) { return s.agreed; });
  const bool counts = all_agreed && std::any_of(sides.begin(), sides.end(), [](auto& s) { return s.is_open(); });
  if (counts == request.counted) return;
  const Result<Leaf> leaf = parse_leaf(sides[0].agreed_text);
  if (!leaf) return;
  std::uint64_t& count = memory.uses[{leaf->purpose, leaf->party}];
  count = counts ? count + 1 : count - 1;
  request.counted = counts;
}

Status Audit::State::note_opened(Place place, const Leaf& leaf) {
  auto& hidden = memory.logs[place.log].hidden;
  const auto found = leaf.entry ? hidden.find(static_cast<std::uint64_t>(*leaf.entry)) : hidden.end();
  if (found == hidden.end()) return {};
  const auto opening = parse_opening(leaf.opening);
  const bool right = opening && details_commitment(*opening) == found->second.details;
  const Place hidden_place{place.log, found->first};
  if (right) {
    hidden.erase(found);
    return {};
  }
  return alarm(
      EvidenceKind::false_opening, place.log,
      fmt::format("Entry {} opens entry {} with other details than it committed to.", place.index, hidden_place.index),
      {hidden_place, place});
}

Status Audit::State::judge_requests() {
  for (auto at = memory.requests.begin(); at != memory.requests.end();) {
    QORGAN_CHECK(judge(at->first, at->second));
    at = is_over(at->second) ? memory.requests.erase(at) : std::next(at);
  }
  return {};
}

// Who accuses has itself gone on and not aborted: a custodian that died before it could say that a request came to
// nothing accuses nobody.
Status Audit::State::judge(const RequestId& id, AuditedRequest& request) {
  const auto& sides = request.sides;
  const bool refused = std::any_of(sides.begin(), sides.end(), [](const RequestSide& s) { return s.refused; });
  for (std::size_t has = 0; has < kAuditedLogs; ++has) {
    if (!sides[has].is_open() || !went_on(has, request.first_s)) continue;
    if (refused) {
      QORGAN_CHECK(report_unended(id, request, has));
      continue;
    }
    for (std::size_t log = 0; log < kAuditedLogs; ++log)
      if (!sides[log].is_known() && !sides[log].reported && went_on(log, request.first_s))
        QORGAN_CHECK(report_missing(id, request, has, log));
  }
  return {};
}

Status Audit::State::report_missing(const RequestId& id, AuditedRequest& request, std::size_t has, std::size_t lacks) {
  request.sides[lacks].reported = true;
  return alarm(EvidenceKind::missing_use, lacks,
               fmt::format("A custodian used data without logging it: request {} stands in log {} and not in log {}.",
                           to_hex(id), name(has), name(lacks)),
               {{has, *request.sides[has].agreed}, {lacks, memory.logs[lacks].newest_index}});
}

// Another custodian said no, so that nothing can have come of it; this one must say so.
Status Audit::State::report_unended(const RequestId& id, AuditedRequest& request, std::size_t log) {
  const auto refused = std::find_if(request.sides.begin(), request.sides.end(),
                                    [](const RequestSide& s) { return s.refused && !s.agreed; });
  if (refused == request.sides.end() || request.sides[log].reported) return {};
  request.sides[log].reported = true;
  const auto other = static_cast<std::size_t>(refused - request.sides.begin());
  return alarm(EvidenceKind::unended, log,
               fmt::format("Request {} was refused in log {}; log {} agreed to it and does not say that it came to "
                           "nothing.",
                           to_hex(id), name(other), name(log)),
               {{log, *request.sides[log].agreed}, {other, *refused->refused}});
}

// All three logs have gone on past everything that could still be said of it. What a log was accused of lacking is
// kept: when that log has it after all, it must not look like a request that the others lack.
bool Audit::State::is_over(const AuditedRequest& request) const {
  for (std::size_t log = 0; log < kAuditedLogs; ++log) {
    const RequestSide& side = request.sides[log];
    if (!went_on(log, request.first_s) || (side.reported && !side.is_known())) return false;
  }
  return true;
}

Status Audit::State::judge_hidden() {
  for (std::size_t log = 0; log < kAuditedLogs; ++log) {
    for (auto& [index, use] : memory.logs[log].hidden) {
      const bool late = went_on(log, use.until_s) || now_s_ > use.until_s + limits::log_open_grace_s;
      if (use.reported || !late) continue;
      use.reported = true;
      QORGAN_CHECK(alarm(EvidenceKind::not_opened, log,
                         fmt::format("The hidden use at entry {} was to be opened by {}, and is not.", index,
                                     format_utc(1000 * use.until_s)),
                         {{log, index}}));
    }
  }
  return {};
}

Status Audit::State::alarm(EvidenceKind kind, std::size_t log, std::string claim, const std::vector<Place>& places) {
  Evidence evidence;
  evidence.kind = kind;
  evidence.time_s = now_s_;
  evidence.claim = std::move(claim);
  evidence.log = (*logs_)[log].key;
  evidence.cosigners = (*logs_)[log].cosigners;
  for (const Place& place : places) {
    const AuditedLog& of = (*logs_)[place.log];
    QORGAN_TRY(const std::vector<Bytes> entries, of.entries(place.index, place.index + 1));
    QORGAN_TRY(const LogProof proof, of.prove(place.index));
    evidence.entries.push_back({of.key, entries.front(), proof.text()});
  }
  return (*on_alarm_)(evidence);
}

Audit::Audit(std::unique_ptr<State> state) : state_(std::move(state)) {}
Audit::~Audit() = default;
Audit::Audit(Audit&&) noexcept = default;
Audit& Audit::operator=(Audit&&) noexcept = default;

Result<Audit> Audit::open(std::filesystem::path file, const std::array<VerifierKey, kAuditedLogs>& logs) {
  auto state = std::make_unique<State>();
  state->file = std::move(file);
  const Result<std::string> text = read_text_file(state->file, limits::log_audit_state_bytes_max);
  if (!text && text.error().code != ErrorCode::not_found) return tl::unexpected<Error>(text.error());
  if (text) {
    Result<AuditMemory> memory = parse_audit_memory(*text);
    if (!memory)
      return failure(ErrorCode::damaged, "the audit's state cannot be read (" + memory.error().message() + ")",
                     state->file.string(), "Remove it: the logs are then audited from their beginning");
    state->memory = std::move(*memory);
  }
  for (std::size_t i = 0; i < kAuditedLogs; ++i) {
    if (text && state->memory.logs[i].key != logs[i])
      return failure(ErrorCode::wrong_network, "the audit's state is of other logs", state->file.string(),
                     "Name the folder that belongs to these logs, or a new one");
    state->memory.logs[i].key = logs[i];
  }
  return Audit(std::move(state));
}

Status Audit::run(const AuditedLogs& logs, std::int64_t now_s, const OnAlarm& on_alarm) {
  return state_->run(logs, now_s, on_alarm);
}

AuditSummary Audit::summary() const {
  AuditSummary summary;
  for (std::size_t i = 0; i < kAuditedLogs; ++i) {
    summary.logs[i] = state_->memory.logs[i].summary;
    summary.logs[i].hidden_closed = state_->memory.logs[i].hidden.size();
  }
  for (const auto& [id, request] : state_->memory.requests) {
    const bool open = std::any_of(request.sides.begin(), request.sides.end(), [](auto& s) { return s.is_open(); });
    for (std::size_t i = 0; open && i < kAuditedLogs; ++i) summary.logs[i].lacks += request.sides[i].is_known() ? 0 : 1;
  }
  summary.uses = state_->memory.uses;
  std::erase_if(summary.uses, [](const auto& use) { return use.second == 0; });
  return summary;
}

}  // namespace qorgan::ledger
