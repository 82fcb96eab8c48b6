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

namespace qorgan::store {

using Id = std::array<std::uint8_t, 16>;  // of a record or a request
using Pseudonym = std::array<std::uint8_t, 32>;

struct Finger {
  int position = 0;           // ISO/IEC 19794-2, 1..10
  crypto::SecretBytes share;  // as mpc::serialise gives it
};

struct Record {
  Id record_id{};
  Pseudonym pseudonym{};
  std::int64_t enrolled_seq = 0;
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

enum class OperationKind { enrol, erase };
struct Operation {
  std::int64_t sequence = 0;
  OperationKind kind = OperationKind::enrol;
  Id request_id{};
  Id record_id{};
  bool operator==(const Operation&) const = default;
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
// Every row is authenticated under the storage key and bound to the network, the custodian and its place; shares,
// requests and record keys are encrypted as well. In the clear stand pseudonyms, record and request ids, sequence
// numbers, finger positions, requests' states and times. A file set back to an older copy of itself is not noticed
// here: applied_sequence shows it to the other custodians.
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

  // Requests. put inserts, or replaces the row of the same id; one that is committed or aborted keeps its state and its
  // digest (internal otherwise). invalid_input: over limits::stored_request_bytes_max.
  Status put_request(const RequestRow& row);
  Result<std::optional<RequestRow>> find_request(const Id& request_id);
  // Oldest change first.
  Result<std::vector<RequestRow>> requests_in(RequestState state);
  // Drops committed and aborted requests last updated before that moment; the operations stay.
  Status purge_requests(std::int64_t updated_before_ms);

  // Each in ONE transaction: the record comes or goes, the operation is written, applied_sequence rises by one, and the
  // request's row (where there is one: a restore has none) becomes committed with that sequence and without its
  // payload. Repeating one that has been applied changes nothing. Errors: internal where the sequence is neither
  // applied nor the next, or the request was aborted; stale where the sequence was applied with other ids;
  // already_exists (the pseudonym or record id, erased ones included), not_found (nobody to erase), invalid_input (a
  // record without fingers, with positions not rising or outside 1..10, or a share that is empty or over
  // limits::stored_share_bytes_max).
  Status apply_enrol(std::int64_t sequence, const Id& request_id, const Record& record, std::int64_t now_ms);
  // Destroys: the record's key and shares are overwritten in the file, and the write-ahead log, in which older copies
  // may stand, is emptied. Where that last step fails, its error is returned although the record is gone; repeating
  // does it again. (What a disk or its backups keep beneath the file is beyond this: it is sealed under the record's
  // key, which is sealed under the storage key.)
  Status apply_erase(std::int64_t sequence, const Id& request_id, const Id& record_id, std::int64_t now_ms);
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
  std::unique_ptr<State> state_;
};

}  // namespace qorgan::store
