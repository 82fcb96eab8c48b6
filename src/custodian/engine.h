// One custodian's own state: its file, its gallery, and the requests under way. Everything here this custodian does
// alone; talking with the others is coordinator.h and participant.h.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "base/clock.h"
#include "custodian/entries.h"
#include "custodian/flight.h"
#include "custodian/gallery.h"
#include "custodian/judge.h"
#include "custodian/share_list.h"
#include "ledger/log.h"
#include "protocol/network.h"
#include "protocol/request.h"
#include "store/store.h"

namespace qorgan::limits {
inline constexpr std::int64_t recovery_kept_ms = 86'400'000;
}  // namespace qorgan::limits
namespace qorgan::custodian {

inline constexpr int kCoordinator = 0;  // the custodian that puts requests in order (docs/protocol.md)

// A note of the store: how many of the log's entries it need not know, since they were logged before this custodian was
// recovered.
inline constexpr const char* kEntriesFromNote = "entries_from";

// What a desk is told at the end of a request.
struct Answer {
  std::optional<Error> aborted;  // why nothing happened
  bool is_new_refusal = false;   // this custodian's own, told for the first time
  protocol::Request request;
  Bytes result;              // accept shares of a comparison
  std::size_t compared = 0;  // people they speak of
  bool one_bit = false;      // of all of them together
  Work work;
  std::optional<rights::Terms> terms;  // of an enrolment, unless it was long ago
};

// What an engine works with; none is null.
struct EngineParts {
  store::Store store;
  std::shared_ptr<ledger::Log> log;
  std::shared_ptr<Judge> judge;
};

// New shares for everyone who was enrolled with the sequence numbers first..last, and who lives.
struct Refresh {
  std::array<std::uint8_t, 16> id{};  // random
  std::int64_t first = 0;
  std::int64_t last = 0;
  bool operator==(const Refresh&) const = default;
};

// Of one person at this custodian.
struct NewShares {
  protocol::RecordId record_id{};
  std::int64_t enrolled_seq = 0;
  std::int64_t epoch = 0;                // the one that they are for
  std::vector<int> positions;            // of the fingers, rising
  std::vector<mpc::StoredShare> shares;  // a finger each
};

// An entry that is in the log, with what is kept aside of it.
struct LoggedEntry {
  ledger::Event event = ledger::Event::policy;
  std::uint64_t index = 0;
  std::string leaf;
  std::string opening;  // empty: none, or destroyed
};

// Of an entry that has an index.
LoggedEntry logged_entry(const store::Entry& entry, ledger::Event event);

// A page of a trace. Entries are passed by their numbers in the store: new ones never come before those that were told.
struct TracePage {
  std::int64_t since_ms = 0;
  std::int64_t uses_before = INT64_MAX;  // entries with lower numbers; 0: none
  std::int64_t searches_before = INT64_MAX;
  std::size_t entries_max = limits::trace_entries_max;  // of either list, 1 at least
};

// What a subject is told of their record.
struct Trace {
  Terms terms;
  std::uint32_t flags = 0;
  std::vector<int> fingers;
  std::vector<LoggedEntry> uses;  // newest first
  // Among everybody, since the enrolment; newest first, each with the entry behind it that says that it was aborted,
  // where there is one (which does not count towards the page).
  std::vector<LoggedEntry> searches;
  // That a custodian was recovered, this one or another with its help: the newest, with the first page alone.
  std::vector<LoggedEntry> recoveries;
  // Where the next page begins, which may turn out to be empty; none where there is no more.
  std::optional<std::int64_t> uses_before;
  std::optional<std::int64_t> searches_before;
};

// unavailable where the recovery that made this database has not ended. `where` is the custodian.
Status check_recovered(store::Store& store, const std::string& where);

// Thread-safe.
class Engine {
 public:
  // Loads the gallery and the requests that had not ended. A request that the coordinator had not decided is aborted
  // at once at the coordinator, and left to be asked about at the others. Errors: damaged, naming file and record, also
  // where the log knows of more than the store, which was then set back.
  static Result<std::unique_ptr<Engine>> open(int index, EngineParts parts);

  int index() const { return index_; }
  const Gallery& gallery() const { return gallery_; }
  std::int64_t applied_sequence() const;

  // Checks a request and makes it durable. `payload` is this custodian's private part: the shares, a finger each, and
  // before them an enrolment's view key (32 bytes). Repeating it with the same content changes nothing; with other
  // content it is refused. Errors: invalid_input, stale, refused, damaged (shares), busy, storage_full; already_exists
  // where the desk's own enrolment of this person was done under this id, and its secret is forgotten.
  Status prepare(const protocol::Request& request, ByteView payload);
  // Waits for the end of a prepared request; where it came to nothing, until the log shows all that is in it of that.
  // Errors: undecided when the deadline passes, whatever it waited for.
  Result<Answer> wait_for_end(const protocol::RequestId& id, Deadline deadline);

  // Waits for this custodian's copy of a request and for the decisions up to `sequence`, checks it against the
  // coordinator's digest and the gallery, and gives the digests of the shares that came with it, to be compared with
  // the neighbours'. Who is enrolled is not looked at yet. Errors: why it would refuse.
  Result<CommonDigests> digests(const protocol::RequestId& id, const crypto::Digest& digest, std::int64_t sequence,
                                Deadline deadline);
  // This custodian's yes, after those comparisons: it judges the request by its own policy, writes into its log that it
  // agrees, waits until that is published there with another custodian's cosignature, and makes its vote durable. A
  // refusal is logged and published as well before it is told. Errors: why it refuses; timeout, unavailable,
  // storage_full of the log.
  Status vote(const protocol::RequestId& id, const crypto::Digest& digest, Deadline deadline);

  // Enrolments and erasures, decided by the coordinator: the next in its sequence takes effect, durably, all at once.
  // A sequence number that was applied before changes nothing; damaged where it stood for something else.
  Status apply(const store::Operation& operation);
  // The coordinator's own: gives the request the next sequence number and applies it. Returns that number.
  Result<std::int64_t> decide(const protocol::RequestId& id);
  // Decided operations after a sequence number, oldest first, at most `count_max`.
  Result<std::vector<store::Operation>> operations_after(std::int64_t sequence, std::size_t count_max);

  // Refreshes (refresher.h). Those enrolled with the sequence numbers first..last, as many as make one batch
  // (limits::refresh_fingers_max), once `sequence` has been applied. Errors: unavailable.
  Result<std::vector<Gallery::Person>> people_to_refresh(std::int64_t first, std::int64_t last, std::int64_t sequence,
                                                         Deadline deadline);
  // A person's shares as stored, a finger each. Errors: stale where the person is not at that epoch any more, or gone.
  Result<std::vector<mpc::StoredShare>> stored_shares(const PersonShares& person);
  // Makes new shares durable beside the old ones, and with them this custodian's yes to the refresh of that id and
  // range; its yes to another one that was not decided is taken back. Errors: stale where a person's epoch is another
  // by now; storage_full.
  Status stage_refresh(const Refresh& refresh, std::vector<NewShares> shares);
  // The coordinator's own, like decide(). Errors: refused without this custodian's own yes.
  Result<std::int64_t> decide_refresh(const Refresh& refresh);
  // Writes down that everyone's shares were refreshed, once for each epoch.
  Status log_refresh(std::int64_t epoch);
  // Small texts by name that this custodian remembers.
  Status put_note(const std::string& name, const std::string& text);
  Result<std::optional<std::string>> find_note(const std::string& name);

  // Comparisons. take_snapshot fixes whom the request runs over once `sequence` has been applied; digest is over their
  // record ids in order. Left out is whom this custodian's own policy leaves out, and whom `also` does.
  struct Snapshot {
    std::size_t people = 0;
    crypto::Digest digest{};
  };
  Result<Snapshot> take_snapshot(const protocol::RequestId& id, std::int64_t sequence, Deadline deadline,
                                 const LeaveOut& also = {false, false});
  // The request, its digest and phase; what else is in a flight belongs to the engine.
  struct Ticket {
    protocol::Request request;
    crypto::Digest digest{};
    Phase phase = Phase::prepared;
    Deadline deadline = Deadline::after_ms(0);
    std::stop_token stop;  // of a comparison
    LeaveOut leave_out;    // by this custodian's policy, once it has voted
    bool one_bit = false;  // as this custodian's policy says, once it has judged
  };
  Result<Ticket> ticket(const protocol::RequestId& id);
  // Hands over what an agreed comparison runs on, once. Errors: stale where it was handed over before or has no
  // snapshot.
  struct ComparisonInput {
    protocol::Request request;
    crypto::Digest digest{};
    crypto::Digest order_digest{};  // over the people's record ids, in order
    std::vector<mpc::StoredShare> shares;
    std::vector<Gallery::Person> people;
    bool one_bit = false;  // the result is one bit for all people together
    std::stop_token stop;  // requested when the comparison is to end without a result
    std::shared_ptr<RunProgress> progress;
  };
  Result<ComparisonInput> take_comparison(const protocol::RequestId& id);
  // Makes a comparison's result durable.
  Status store_result(const protocol::RequestId& id, Bytes result, std::size_t compared, const Work& work);
  // Makes a comparison that waits or runs end without a result. The coordinator's own is asked to stop, and aborted by
  // whoever drives it; elsewhere it is aborted at once, which is safe as long as this custodian has no result: without
  // one nobody can have committed it. False, with nothing changed, where it is too late: it has a result here, or has
  // ended. Errors: not_found; refused (no comparison).
  Result<bool> stop_comparison(const protocol::RequestId& id, const Error& reason);
  // The same by the desk that asked. True also where it has come to nothing and the log does not show that yet. Errors:
  // not_found also for another desk's.
  Result<bool> cancel(const protocol::RequestId& id, const std::string& desk);
  // What a comparison ends with whose time is over.
  Error too_late() const;
  // Why a comparison was asked to stop.
  std::optional<Error> stop_reason(const protocol::RequestId& id);
  // For a comparison that has failed here: it never will have a result. The coordinator gets twice limits::run_grace_ms
  // to say why, which it knows best; then expire() ends it with this reason.
  Status give_up_soon(const protocol::RequestId& id, const Error& reason);
  // Aborts comparisons whose deadline has passed and which have no result here. Not at the coordinator, which looks
  // after its own.
  Status expire();

  // How far a request of this desk's is. Errors: not_found.
  struct Progress {
    bool ended = false;  // and the log shows it
    std::size_t pairs_done = 0;
    std::size_t pairs_all = 0;  // 0: does not run yet
  };
  Result<Progress> progress(const protocol::RequestId& id, const std::string& desk);

  // Releases a comparison whose result all three hold. Errors at the coordinator: why it was asked to stop meanwhile.
  Status commit_comparison(const protocol::RequestId& id);

  // Ends a request that has not been committed. Committed ones stay so.
  Status abort(const protocol::RequestId& id, const Error& reason);
  // For one who missed the decision. Decisions outlive their requests; a request that is not known here, nor among the
  // decisions up to `sequence`, counts as aborted once it is too old to be on its way.
  struct Decision {
    Phase phase = Phase::aborted;
    Error reason;
    std::int64_t sequence = 0;  // decisions applied here at that moment
  };
  Result<Decision> decision_of(const protocol::RequestId& id);
  // Acts on the coordinator's decision: aborts, or releases a comparison. A change that may be among decisions not yet
  // applied here is left until they are.
  Status settle(const protocol::RequestId& id, const Decision& decision);

  // Requests that have waited for a decision longer than that.
  std::vector<protocol::RequestId> undecided(std::int64_t longer_than_ms) const;
  // Drops ended requests past their time.
  Status purge();

  // The record ids that an identification of this desk's ran over, in order; each call counts `count` lookups. Errors:
  // refused (none, another desk's, one that answers one bit, or too many lookups), stale (no longer kept).
  Result<std::vector<protocol::RecordId>> use_lookups(const protocol::RequestId& id, const std::string& desk,
                                                      int count);

  // The entries of a request, once all are in the log and published there. Errors: timeout.
  Result<std::vector<LoggedEntry>> logged_entries(const protocol::RequestId& id, Deadline deadline);
  // What is held on a record, and one page of its published uses. Others' requests need not wait until it is complete.
  // A page may be shorter than wanted and yet not the last, since it looks at limits::trace_entries_max hidden entries
  // at most. Errors: not_found.
  Result<Trace> trace(const protocol::RecordId& record, const TracePage& page);
  // The rules that this custodian looked at to decide on a desk's request. Errors: not_found (also when it was long
  // ago).
  Result<std::vector<policy::Check>> explain(const protocol::RequestId& id, const std::string& desk);
  // Whoever was enrolled as that record or pseudonym; null where nobody is.
  Gallery::Person person(const protocol::RecordId& record) const { return gallery_.find_record(record); }
  Gallery::Person person_of(const protocol::SubjectId& subject) const { return gallery_.find(subject); }
  // Whose record a change is about; all zero where there is none.
  protocol::SubjectId subject_of(const protocol::Request& request) const;
  // Records whose time is over, the longest first.
  std::vector<protocol::RecordId> overdue(std::int64_t now_ms) const { return gallery_.overdue(now_ms); }

  // What is held on a pseudonym, for a desk: logged and published before it is told. Errors: stale (an id that is too
  // old, or known already); timeout, unavailable, storage_full of the log.
  struct Looked {
    std::int64_t sequence = 0;  // the decisions that were applied then
    bool held = false;
  };
  Result<Looked> look_for(const AbsenceQuestion& question, Deadline deadline);

  // For the log (recorder.h). Waits until an entry is written down that is not known to be in the log, or `deadline`.
  Result<std::vector<store::Entry>> entries_to_log(Deadline deadline);
  // It is there. Errors: those of the store.
  Status entries_logged(std::span<const store::Entry> entries, std::uint64_t first_index);
  // Marks what is in the log and not known to be, after its outcome was in doubt; nothing may be under way there
  // (Log::wait_settled). What it marks is no longer among entries_to_log(). Errors: damaged where the log has something
  // that was not written down here; those of store and log.
  Status match_logged();
  // It did not get there and never will: what it agreed to is off.
  Status entry_failed(const store::Entry& entry, const Error& reason);
  // Writes an entry of no request down, and a note with it.
  Status add_entry(const ledger::Leaf& leaf, const std::optional<store::NamedText>& note = {});
  // Writes down that the judge's policy is in force from here on, unless that was the last one that was. Errors:
  // refused where its version is lower than that one's, or the same with other content.
  Status log_policy();
  // Writes down the opening of hidden entries whose date has come by this custodian's clock and by that of another one,
  // as it last cosigned this log: one clock that jumps opens nothing. Asks for newer cosignatures where only those are
  // missing.
  struct Hidden {
    std::size_t closed = 0;   // still
    std::size_t waiting = 0;  // of these, for the other clock alone
  };
  Result<Hidden> open_hidden(std::int64_t now_ms);

  // Notices of erasures for a relying party that it has not acknowledged, oldest first, a page of them after
  // the one of record `after`. Errors: not_found.
  Result<std::vector<store::Notice>> notices_for(const std::string& party,
                                                 const std::optional<protocol::RecordId>& after);
  // The requests that one of them names, from that one on, newest first; a notice counts as told once all were given
  // out since the start, from the first on. Errors: not_found; stale (not what comes next: ask from the first on).
  struct NoticePart {
    std::vector<store::Id> answered;
    std::size_t all = 0;
  };
  Result<NoticePart> tell_notice_part(const std::string& party, const protocol::RecordId& record, std::size_t from);
  // Errors: not_found; refused where it is not told yet.
  Status acknowledge_notice(const std::string& party, const protocol::RecordId& record);
  Result<std::vector<store::Notice>> notices_of(const protocol::RequestId& erasure);
  // The record that a request destroyed, however long ago. Errors: not_found.
  Result<protocol::RecordId> erased_record(const protocol::RequestId& erasure);

  // Writes down that custodian `custodian` is recovered with this one's help, once for each recovery (any text without
  // spaces), and waits until that is published. Errors: timeout; of the log.
  Status log_recovery(int custodian, const std::string& recovery, Deadline deadline);
  // Whether that is the last one of that custodian, is published, and has not ended: by itself
  // limits::recovery_kept_ms after it began, or before.
  Result<bool> knows_recovery(int custodian, const std::string& recovery);
  Status end_recovery(int custodian);
  // Decisions after that sequence number, at most `count_max`, with the records and tombstones of their enrolments.
  Result<store::History> history_after(std::int64_t sequence, std::size_t count_max);
  // As Store::back_up's. Everything else waits meanwhile.
  Status back_up(const std::filesystem::path& path);

  // Nothing is logged any more, for this reason, until log_works() or a new start; and whether all is well.
  void log_failed(const Error& reason);
  void log_works();
  Status log_health() const;

  Judge& judge() { return *judge_; }
  ledger::Log& log() { return *log_; }

  // Wakes whoever waits; no request begins or goes on afterwards.
  void stop();

 private:
  Engine(int index, EngineParts parts)
      : index_(index), store_(std::move(parts.store)), log_(std::move(parts.log)), judge_(std::move(parts.judge)) {}

  using FlightPtr = std::shared_ptr<Flight>;
  std::string here() const { return "custodian " + std::to_string(index_); }
  Status load();
  Status load_people();
  Status load_requests();
  Status match_entries_with_log();
  Status match_indices();
  Status mark_logged(std::span<const store::Entry> entries, std::uint64_t first_index);
  Status load_counts();
  Status drop_old_counts();
  Result<bool> has_entry(const protocol::RequestId& id, bool (*is_meant)(const store::Entry&));
  Result<bool> was_released(const protocol::RequestId& id);
  struct Recovery {
    std::string id;
    std::int64_t begun_ms = 0;
    std::int64_t entry = 0;  // the store's number of it
  };
  Result<std::optional<Recovery>> recovery_of(int custodian);
  Result<std::optional<std::uint64_t>> index_of(const Recovery& recovery);
  Result<std::uint64_t> entries_known();
  Status load_hidden();
  Status keep_hidden(const store::Entry& entry, std::int64_t index);
  Status open_hidden_entry(std::int64_t index, const protocol::RequestId& request, std::int64_t now_ms);
  Gallery::Person person_asked_about(const protocol::Request& request) const;
  Status enter(Flight& flight);
  Status refuse(Flight& flight, Error reason);
  Result<bool> may_tell_end(Flight& flight);
  Status wait_may_tell_end(Flight& flight, Deadline deadline, std::unique_lock<std::mutex>& lock);
  Status wait_entries_published(const protocol::RequestId& id, std::optional<ledger::Event> event, Deadline deadline,
                                std::unique_lock<std::mutex>& lock);
  tl::unexpected<Error> not_shown(ErrorCode code) const;
  Result<bool> are_published(const protocol::RequestId& id, std::optional<ledger::Event> event);
  Status wait_logged(Flight& flight, Deadline deadline, std::unique_lock<std::mutex>& lock);
  void entries_written();
  tl::unexpected<Error> no_notice() const;
  Status apply_enrol(const store::Operation& operation, Flight& flight);
  Status apply_erase(const store::Operation& operation, Flight& flight);
  Status apply_flags(const store::Operation& operation, Flight& flight);
  Status apply_refresh(const store::Operation& operation);
  void use_new_shares(const Refresh& refresh);
  Result<std::vector<store::Notice>> notices_after(const Gallery::Person& person, const protocol::RequestId& erasure);
  Result<std::string> enrolment_opening(const protocol::RequestId& id);
  class TraceReader;
  Status check_age(const protocol::RequestId& id) const;
  Status check_new(const protocol::Request& request);
  Status check_room(const protocol::Request& request);
  Status turn_away(FlightPtr flight, const Error& reason);
  Status used_before(const Flight& known, const protocol::Request& request) const;
  Result<FlightPtr> find(const protocol::RequestId& id);
  Result<FlightPtr> known(const protocol::RequestId& id);
  Result<FlightPtr> known_of(const protocol::RequestId& id, const std::string& desk);
  Deadline deadline_of(const protocol::Request& request) const;
  Result<bool> stop_locked(Flight& flight, const Error& reason);
  Result<FlightPtr> wait_for(const protocol::RequestId& id, Deadline deadline, std::unique_lock<std::mutex>& lock);
  Status check_subject(const protocol::Request& request) const;
  Status check_votable(const Flight& flight, const crypto::Digest& digest) const;
  Status write_phase(Flight& flight, Phase phase, const store::Along& along = {});
  Status put(const Flight& flight, const store::Along& along = {});
  Status commit_locked(Flight& flight);
  Status check_applied(const store::Operation& operation);
  Status end(Flight& flight, Phase phase, const Error& reason, store::Along along = {});
  Status check_operation(const store::Operation& operation, const Flight& flight) const;
  Status apply_locked(const store::Operation& operation);

  const int index_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  store::Store store_;
  const std::shared_ptr<ledger::Log> log_;
  const std::shared_ptr<Judge> judge_;
  bool entries_pending_ = false;
  // Hidden entries in the log that no opening is written down for: until when, in seconds, and their index; by it their
  // requests.
  std::set<std::pair<std::int64_t, std::int64_t>> hidden_by_date_;
  std::map<std::int64_t, protocol::RequestId> hidden_;
  std::optional<Error> log_failure_;
  // Of the refresh that this custodian has agreed to, ready for the gallery. After a new start they are read anew.
  struct ReadyShares {
    protocol::RecordId record_id{};
    std::int64_t epoch = 0;
    std::shared_ptr<const std::vector<FingerShares>> fingers;
  };
  Refresh refresh_ready_;
  std::vector<ReadyShares> shares_ready_;
  Gallery gallery_;
  std::map<protocol::RequestId, FlightPtr> flights_;
  std::int64_t applied_sequence_ = 0;
  bool stopping_ = false;
  Deadline old_counts_ = Deadline::after_ms(0);  // when they are looked for again
  // How many of a notice's requests its party was given, as long as those are not all.
  std::map<std::pair<protocol::RecordId, std::string>, std::size_t> notice_parts_told_;
};

}  // namespace qorgan::custodian
