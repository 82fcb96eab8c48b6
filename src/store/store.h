// What one custodian keeps: records, requests under way, and the sequence of decided operations. One narrow interface;
// today over one SQLite file.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "crypto/sign.h"

namespace qorgan::store {

using Id = std::array<std::uint8_t, 16>;  // of a record or a request
using Pseudonym = std::array<std::uint8_t, 32>;

struct Finger {
  int position = 0;           // ISO/IEC 19794-2, 1..10
  crypto::SecretBytes share;  // as mpc::serialise gives it
};

// What a person has asked for about their record.
inline constexpr std::uint32_t kLocked = 1;     // no use until unlocked
inline constexpr std::uint32_t kWithdrawn = 2;  // consent is withdrawn; it stays so

struct Record {
  Id record_id{};
  Pseudonym pseudonym{};
  std::int64_t enrolled_seq = 0;
  std::int64_t epoch = 0;              // how often its shares were refreshed
  crypto::SignPublicKey access_key{};  // by which the subject's own requests are known
  crypto::Key view_key;                // of the subject; tags of log entries are made with it
  std::string terms_json;              // under which purpose and until when it is kept; sealed at rest
  std::uint32_t flags = 0;
  std::vector<Finger> fingers;  // by rising position
};

enum class RequestState { prepared, agreed, ran, committed, aborted };

struct RequestRow {
  Id request_id{};
  RequestState state = RequestState::prepared;
  crypto::Digest digest{};
  std::string request_json;  // the public part
  std::int64_t updated_ms = 0;
  std::int64_t sequence = 0;    // of a committed enrolment or erasure, else 0
  crypto::SecretBytes payload;  // the private part while under way (sealed at rest), else empty
  crypto::SecretBytes result;   // a comparison's result shares (sealed at rest), else empty
  std::int64_t compared = 0;    // people that the result speaks of
  std::string error_json;       // why it was aborted, else empty
};

enum class OperationKind { enrol, erase, lock, unlock, withdraw, refresh };
struct Operation {
  std::int64_t sequence = 0;
  OperationKind kind = OperationKind::enrol;
  Id request_id{};
  Id record_id{};              // all zero for a refresh
  std::int64_t first_seq = 0;  // of a refresh: the records enrolled with these sequence numbers, both included
  std::int64_t last_seq = 0;
  bool operator==(const Operation&) const = default;
};

// An entry for this custodian's log: written here first, in the transaction of what it tells of, then to the log, then
// marked with its index there. What was written here and has no index after a crash is looked for in the log.
struct Entry {
  std::int64_t number = 0;      // the store's own, rising; given when it is added
  Id request_id{};              // all zero: of no request
  std::int64_t record_seq = 0;  // enrolled_seq of the record that it speaks of; 0: of none
  int event = 0;                // as the caller counts them
  std::int64_t time_ms = 0;
  std::string leaf;             // what goes into the log; public
  crypto::SecretBytes opening;  // of its details; empty: none. Sealed under the record's key where there is a record
  std::optional<std::int64_t> index;
};

// A search that was made under a warrant.
struct WarrantUse {
  Id warrant_id{};
  Id request_id{};
};

// A relying party that was given answers about a person is told when that person's record is destroyed.
struct Notice {
  Id record_id{};
  Id request_id{};  // of the erasure
  std::string party;
  std::vector<Id> answered;  // the requests that it was given answers to
  std::int64_t told_ms = 0;  // 0: not yet
  std::int64_t acknowledged_ms = 0;
};

// What is written together with a change, in its transaction.
struct NamedText {
  std::string name;
  std::string text;
};
struct Along {
  std::vector<Entry> entries;
  std::optional<WarrantUse> warrant_use;  // one use more; the same twice counts once
  std::optional<Id> warrant_use_dropped;  // of that request, which came to nothing
  std::vector<Notice> notices;
  std::vector<NamedText> notes;  // as put_note's
};

// New shares of one record, made ready for a refresh.
struct StagedShares {
  std::int64_t enrolled_seq = 0;
  std::int64_t epoch = 0;  // the one that they are for
  std::vector<Finger> fingers;
};

// The history of a custodian that is being rebuilt from the two others.
struct History {
  std::vector<Operation> operations;         // following what is applied
  std::vector<Record> records;               // of their enrolments, those that live
  std::vector<struct Tombstone> tombstones;  // and those that do not, or not by the end of the history
};

// What is left of an erased record.
struct Tombstone {
  Id record_id{};
  std::int64_t enrolled_seq = 0;
  std::int64_t erased_seq = 0;
};

struct Options {
  std::filesystem::path path;
  int custodian = 0;
  crypto::Digest network_id{};
  bool create = true;          // where there is no file; else not_found, so that a lost file is noticed
  std::int64_t pages_max = 0;  // of 4096 bytes; 0: no limit but the disk's; tests set one
};

// Not thread-safe: the caller serialises. Movable. crypto::initialise() comes first, and the process ignores SIGXFSZ,
// so that a file size limit is an error and not its end.
//
// Any call may fail with damaged (naming the file and what in it), storage_full, or unavailable (the disk); a change
// that failed has changed nothing, and the store can be used on.
//
// Every row is authenticated under the storage key and bound to the network, the custodian and its place; shares, view
// keys, terms, openings, requests and record keys are encrypted as well. In the clear stand pseudonyms, record and
// request ids, sequence numbers, finger positions, epochs, access keys, flags, requests' states, times, what goes into
// the log, uses of warrants, notices and notes. A file set back to an older copy of itself is not noticed here:
// applied_sequence shows it to the other custodians.
class Store {
 public:
  // Opens or creates the file, for its owner's eyes alone (mode 0600), and holds it until the store goes. Everything in
  // it is checked but the shares, which load_all checks: the database's structure, every row's authentication, and that
  // records, tombstones and operations agree. Errors: wrong_network (another network's or custodian's file),
  // version_mismatch (schema), busy (another process has it), damaged naming the file and what in it, refused (the
  // storage key is another, or others may read the file), not_found (no file, and not to be created), storage_full,
  // unavailable.
  static Result<Store> open(const Options& options, crypto::Key storage_key);
  ~Store();
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  // Every live record in the order of enrolled_seq, each authenticated. The visitor's error ends the walk; it must not
  // use the store. Errors: damaged, naming the file and the record.
  Status load_all(const std::function<Status(Record&&)>& visit);
  // The live record of a pseudonym.
  Result<std::optional<Id>> find_record(const Pseudonym& pseudonym);
  Result<std::optional<Tombstone>> find_tombstone(const Id& record_id);
  Result<std::int64_t> applied_sequence();

  // Small texts by name (authenticated, in the clear), for what a custodian must remember of itself. invalid_input: a
  // name over limits::name_bytes_max, a text over limits::stored_note_bytes_max.
  Status put_note(const std::string& name, const std::string& text);
  Result<std::optional<std::string>> find_note(const std::string& name);
  // By name. One that is not there is as good as dropped.
  Result<std::vector<NamedText>> notes_with_prefix(const std::string& prefix);
  Status drop_note(const std::string& name);
  // What stands for a name that must not lie in the file in the clear: 64 hexadecimal digits, made with this file's
  // key.
  std::string hidden_name(const std::string& name) const;

  // Requests. put inserts, or replaces the row of the same id; one that is committed or aborted keeps its state and its
  // digest (internal otherwise). invalid_input: over limits::stored_request_bytes_max.
  Status put_request(const RequestRow& row, const Along& along = {});
  Result<std::optional<RequestRow>> find_request(const Id& request_id);
  // Oldest change first.
  Result<std::vector<RequestRow>> requests_in(RequestState state);
  // Drops committed and aborted requests last updated before that moment; the operations stay. Then empties the
  // journal of what requests that have ended had with them, however young.
  Status purge_requests(std::int64_t updated_before_ms);

  // Each in ONE transaction: the record comes or goes, the operation is written, applied_sequence rises by one, and the
  // request's row (where there is one: a restore has none) becomes committed with that sequence and without its
  // payload. Repeating one that has been applied changes nothing. Errors: internal where the sequence is neither
  // applied nor the next, or the request was aborted; stale where the sequence was applied with other ids;
  // already_exists (the pseudonym or record id, erased ones included), not_found (nobody to erase), invalid_input (a
  // record without fingers, with positions not rising or outside 1..10, a share that is empty or over
  // limits::stored_share_bytes_max, terms over limits::stored_terms_bytes_max, an epoch or flags that are not 0; and as
  // add_entry's and limits::stored_answered_max say), unavailable (while the file is being rebuilt).
  Status apply_enrol(std::int64_t sequence, const Id& request_id, const Record& record, std::int64_t now_ms,
                     const Along& along = {});
  // Destroys: the record's key and shares are overwritten in the file, and the write-ahead log, in which older copies
  // may stand, is emptied. Where that last step fails, its error is returned although the record is gone; repeating
  // does it again. (What a disk or its backups keep beneath the file is beyond this: it is sealed under the record's
  // key, which is sealed under the storage key.)
  // With it go the openings of the entries that speak of the record, and that they do, those of `along` included; and
  // what is staged for it.
  Status apply_erase(std::int64_t sequence, const Id& request_id, const Id& record_id, std::int64_t now_ms,
                     const Along& along = {});
  // lock, unlock, withdraw: the record's flags change. not_found.
  Status apply_flags(const Operation& operation, std::int64_t now_ms, const Along& along = {});
  // Every record in the range that still lives gets its staged shares, a fresh key and the next epoch; the old shares
  // are overwritten, the write-ahead log emptied at the end of a range (apply_erase says why). A range is one
  // transaction: 500 to 1000 records are quickest. Errors: not_found where a record has no staged shares for its next
  // epoch; damaged where those fail their check (the old ones stay); invalid_input (no range of earlier sequence
  // numbers).
  Status apply_refresh(const Operation& operation, std::int64_t now_ms, const Along& along = {});
  // In one transaction. Replaces what was staged for the same records before; erased ones are passed over. Errors:
  // invalid_input (not shares of the record's fingers), stale (not for its next epoch), not_found (there never was such
  // a record), unavailable (while the file is being rebuilt).
  Status stage_refresh(const std::vector<StagedShares>& staged);
  // Of one record, as stored (a refresh and a recovery read them). not_found.
  Result<Record> load_record(std::int64_t enrolled_seq);

  // Entries of the log. Oldest first but where said; at most `count_max`.
  //
  // Gives the number. One that speaks of a record that has been erased meanwhile is kept as the erasure would have left
  // it: without its opening, and of no record. Errors: invalid_input (over limits::stored_leaf_bytes_max or
  // stored_opening_bytes_max), not_found (there never was such a record).
  Result<std::int64_t> add_entry(const Entry& entry);
  // Of no other change. Errors: those of each part.
  Status write(const Along& along);
  // The same again changes nothing. Errors: not_found, internal (it, or another one, has another index).
  Status set_entry_index(std::int64_t number, std::int64_t index);
  // Of entries that stand one after another in the log, all or none.
  Status set_entry_indices(std::span<const std::int64_t> numbers, std::int64_t first_index);
  // One that never got into the log. Errors: not_found, internal (it has an index).
  Status drop_entry(std::int64_t number);
  Result<std::vector<Entry>> pending_entries(std::size_t count_max);
  // Newest first, those with a lower number than `before`.
  Result<std::vector<Entry>> entries_of_record(std::int64_t record_seq, std::int64_t before, std::size_t count_max,
                                               std::int64_t since_ms = 0);
  Result<std::vector<Entry>> entries_of_event(int event, std::int64_t since_ms, std::int64_t before,
                                              std::size_t count_max);
  Result<std::vector<Entry>> entries_of_request(const Id& request_id);
  // All, since that time, without regard to the record; by time.
  Result<std::vector<Entry>> entries_since(std::int64_t since_ms, std::size_t count_max);
  // One more than the highest index known; 0 where none is.
  Result<std::int64_t> indexed_entries();

  Result<std::int64_t> warrant_uses(const Id& warrant_id);

  // Notices of a party, of an erasure, oldest first: of the party's at most `count_max` that come after
  // the notice of record `after` (nothing: from the first on).
  Result<std::vector<Notice>> notices_of_party(const std::string& party, bool open_only,
                                               const std::optional<Id>& after = {}, std::size_t count_max = SIZE_MAX);
  Result<std::optional<Notice>> find_notice(const Id& record_id, const std::string& party);
  Result<std::vector<Notice>> notices_of_request(const Id& request_id);
  // told_ms and acknowledged_ms of the notice with the same record and party. Once it is acknowledged, the requests that
  // it names are destroyed. not_found.
  Status update_notice(const Notice& notice, const Along& along = {});

  // A consistent copy of the whole file as it is now, made whole or not at all, for its owner's eyes alone; it opens
  // with the same key. Others may use the store meanwhile as far as the caller allows it. Errors: already_exists,
  // storage_full, unavailable.
  Status back_up(const std::filesystem::path& path);

  // Rebuilding. begin_recovery() on an empty store, or with `go_on` on one that has an older part of the history and
  // whose shares have not been refreshed since; from then on, restarts included, is_recovering() is true and only
  // add_history() changes records, a batch a transaction (a batch that was added before changes nothing), until
  // end_recovery() has checked that all agrees. Records come with the epoch that they have at the end of the history;
  // their flags are taken from the operations. One that is given and then erased later in the history is destroyed.
  // Errors: already_exists (begin: there are records), refused (add, end: it was not begun), invalid_input (a batch
  // lacks what became of an enrolment, or contradicts itself), damaged (end: records and operations do not agree), and
  // apply_enrol's.
  Status begin_recovery(bool go_on = false);
  Result<bool> is_recovering();
  Status add_history(const History& history);
  Status end_recovery();

  // The operation of a request, however long ago.
  Result<std::optional<Operation>> find_operation(const Id& request_id);
  // Operations with a higher sequence, oldest first.
  Result<std::vector<Operation>> operations_after(std::int64_t sequence, std::size_t count_max);

  // Many enrolments in one transaction, for benchmarks and restores; sequences follow applied_sequence and replace the
  // records' own; their operations name no request (all zero). Errors: as apply_enrol's.
  Status apply_enrols(const std::vector<Record>& records, std::int64_t now_ms);

 private:
  struct State;
  explicit Store(std::unique_ptr<State> state);
  // In one transaction.
  template <class Work>
  Status change(Work&& work);
  // The same for an operation that is the next one: it is written, its request committed, what goes along added.
  template <class Work>
  Status apply(const Operation& operation, std::int64_t now_ms, const Along& along, Work&& work);
  // After something was destroyed.
  Status empty_journal();
  std::unique_ptr<State> state_;
};

}  // namespace qorgan::store
