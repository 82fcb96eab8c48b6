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

using Id = std::array<std::uint8_t, 16>;         // of a record or a request
using Pseudonym = std::array<std::uint8_t, 32>;

struct Finger {
  int position = 0;            // ISO/IEC 19794-2, 1..10
  crypto::SecretBytes share;   // as mpc::serialise gives it
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
  std::string request_json;      // the public part
  std::int64_t updated_ms = 0;
  std::int64_t sequence = 0;     // of a committed enrolment or erasure, else 0
  crypto::SecretBytes payload;   // the private part while under way (sealed at rest), else empty
  crypto::SecretBytes result;    // a comparison's result shares (sealed at rest), else empty
  std::int64_t compared = 0;     // people that the result speaks of
  std::string error_json;        // why it was aborted, else empty
};

enum class OperationKind { enrol, erase };
struct Operation {
  std::int64_t sequence = 0;
  OperationKind kind = OperationKind::enrol;
  Id request_id{};
  Id record_id{};
};

struct Options {
  std::filesystem::path path;
  int custodian = 0;
  crypto::Digest network_id{};
  std::int64_t pages_max = 0;  // 0: no limit but the disk's; tests set one
};

// Not thread-safe: the caller serialises. Movable.
class Store {
 public:
  // Opens or creates the file. Errors: wrong_network (another network's or custodian's file), version_mismatch (schema),
  // busy (another process has it), damaged naming the file and what in it, refused (the storage key is another),
  // storage_full, unavailable.
  static Result<Store> open(const Options& options, crypto::Key storage_key);
  ~Store();
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  // Every live record in the order of enrolled_seq, each authenticated. The visitor's error ends the walk.
  Status load_all(const std::function<Status(Record&&)>& visit);
  Result<std::int64_t> applied_sequence();

  // Requests. put inserts, or replaces the row of the same id.
  Status put_request(const RequestRow& row);
  Result<std::optional<RequestRow>> find_request(const Id& request_id);
  Result<std::vector<RequestRow>> requests_in(RequestState state);
  // Drops committed and aborted requests last updated before that moment; the operations stay.
  Status purge_requests(std::int64_t updated_before_ms);

  // Each in ONE transaction: the record comes or goes, the operation is written, applied_sequence rises by one, and the
  // request's row becomes committed with that sequence and without its payload. Repeating one that has been applied
  // changes nothing. Errors: internal where the sequence is neither applied nor the next; already_exists (the pseudonym
  // or record id), not_found (nobody to erase), storage_full: nothing has changed then.
  Status apply_enrol(std::int64_t sequence, const Id& request_id, const Record& record, std::int64_t now_ms);
  Status apply_erase(std::int64_t sequence, const Id& request_id, const Id& record_id, std::int64_t now_ms);
  // Operations with a higher sequence, oldest first.
  Result<std::vector<Operation>> operations_after(std::int64_t sequence, std::size_t count_max);

  // Many enrolments in one transaction, for benchmarks and restores; sequences follow applied_sequence.
  Status apply_enrols(const std::vector<Record>& records, std::int64_t now_ms);

 private:
  struct State;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace qorgan::store
