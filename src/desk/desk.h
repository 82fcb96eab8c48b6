// The desk's end: it turns prints and ID numbers into shares and pseudonyms, asks all three custodians, and checks and
// adds up what they answer.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "crypto/secret.h"
#include "finger/position.h"
#include "finger/template.h"
#include "identity/iin.h"
#include "identity/oprf.h"
#include "mpc/accept.h"
#include "net/client.h"
#include "net/identity.h"
#include "protocol/network.h"
#include "protocol/request.h"
#include "rights/absence.h"
#include "rights/erasure.h"
#include "rights/receipt.h"
#include "rights/secret.h"

namespace qorgan::desk {

struct Print {
  finger::Position position = finger::Position::right_index;
  finger::Template made;
};

// What goes with every request. Without an id each call makes a new one; with one, the call repeats that request.
struct Asking {
  std::string operator_name;
  std::string purpose;
  std::optional<protocol::RequestId> request_id;
  std::string warrant{};  // a search's: the whole signed note
};

// How far a search is, as the coordinator says.
struct SearchProgress {
  bool running = false;
  std::int64_t before = 0;  // searches that come first, as long as it waits
  std::int64_t pairs_done = 0;
  std::int64_t pairs_all = 0;  // finger pairs, once it runs
  bool operator==(const SearchProgress&) const = default;
};

struct SearchOptions {
  // How long the search may take, waiting included: 1..limits::identify_timeout_ms, which is also the default.
  std::optional<int> timeout_ms;
  // Called on a thread of the desk's every limits::progress_interval_ms, until the search ends. May be empty.
  std::function<void(const SearchProgress&)> on_progress;
  // Cancels the search at all three custodians.
  std::stop_token cancel;
};

// A search for the prints of who is to be enrolled, under a purpose whose answer is one bit.
struct DuplicateCheck {
  std::string purpose = "deduplication";
  SearchOptions search{};
};

// What one custodian spent on a comparison.
struct CustodianWork {
  std::uint64_t finger_pairs = 0;
  std::uint64_t bytes_sent = 0;
  std::int64_t duration_us = 0;
};

struct Enrolled {
  protocol::RequestId request_id{};
  protocol::RecordId record_id{};
  // For the person alone: to be printed and forgotten. The desk keeps it until the three custodians have confirmed the
  // enrolment, so that the request can be repeated.
  rights::SubjectSecret secret;
  std::optional<rights::EnrolmentReceipt> receipt;  // none where the enrolment was repeated long after
};
struct Verified {
  protocol::RequestId request_id{};
  bool same_person = false;
  std::array<CustodianWork, protocol::kCustodians> work{};
};
struct Identified {
  protocol::RequestId request_id{};
  std::size_t compared = 0;  // people
  bool found = false;        // somebody is alike
  // The purpose is told that alone: no candidates and no records are known, and no custodian says what it spent.
  bool one_bit = false;
  std::size_t candidates = 0;
  // Of the first limits::candidates_max candidates, in the order of enrolment.
  std::vector<protocol::RecordId> records;
  std::array<CustodianWork, protocol::kCustodians> work{};
};
struct CheckedEnrolment {
  Identified check;
  std::optional<Enrolled> enrolled;  // none where the check found somebody
};
struct Erased {
  protocol::RequestId request_id{};
  rights::ErasureCertificate certificate;
};
// An erasure that this desk's relying party is to follow, in its own files.
struct ErasureNotice {
  protocol::RecordId record_id{};
  protocol::RequestId request_id{};
  std::vector<protocol::RequestId> answered;  // what it was given answers to
};
// Why one custodian allowed a request, or refused it.
struct Reason {
  std::string rule;
  bool passed = false;
  std::string text;
};
struct CustodianStatus {
  std::optional<Error> error;  // where it could not be asked
  std::string name;
  std::string address;
  std::string version;
  std::int64_t people = 0;
  std::int64_t fingers = 0;
  std::int64_t sequence = 0;
  std::int64_t resident_bytes = 0;
  std::string log_trouble;  // what its log stands still for, or who does not cosign it; empty: all is well
};

// Thread-safe. Every call ends within its deadline (limits.h), and no call gives an answer that all three custodians
// have not agreed to. Errors of each call: those of the custodians, naming the one; unavailable, timeout,
// wrong_network, version_mismatch where one cannot be asked (then nothing was done); undecided where a connection was
// lost too late to know, with the request id to repeat; damaged where two custodians contradict each other.
class Desk {
 public:
  // `folder` holds the desk's key and its secret for repeating requests. Errors: not_found, damaged, refused (modes),
  // wrong_network where the network file does not list this desk.
  static Result<Desk> open(const std::filesystem::path& network_file, const std::filesystem::path& folder);
  ~Desk();
  Desk(Desk&&) noexcept;
  Desk& operator=(Desk&&) noexcept;

  const std::string& name() const;

  Result<Enrolled> enrol(const identity::Iin& iin, const std::vector<Print>& prints, const Asking& asking);
  // With a search first whether anybody's prints are alike already; nothing is enrolled then. The search is a request
  // of its own; repeating an enrolment repeats its search, which gives the same answer again. Errors also:
  // identify()'s.
  Result<CheckedEnrolment> enrol_checked(const identity::Iin& iin, const std::vector<Print>& prints,
                                         const Asking& asking, const DuplicateCheck& check);
  Result<Verified> verify(const identity::Iin& iin, const std::vector<Print>& prints, const Asking& asking);
  // Errors also: busy, at once, where more searches wait than may; timeout at all three where the search did not end in
  // the time allowed; refused where it was cancelled, and undecided where a custodian did not confirm that in
  // limits::cancel_timeout_ms. Nothing of a search that ends in an error is released (docs/adr/0006).
  Result<Identified> identify(const std::vector<Print>& prints, const Asking& asking,
                              const SearchOptions& options = {});
  Result<Erased> erase(const identity::Iin& iin, const Asking& asking);
  // That the three custodians hold nothing on this ID number. The nonce is what the statement's code was made with: the
  // person keeps it beside the statement. Each custodian logs who asked before it answers. Errors: refused where
  // something is held.
  struct ProvenAbsence {
    rights::Absence absence;
    std::array<std::uint8_t, 32> nonce{};
  };
  Result<ProvenAbsence> prove_absence(const identity::Iin& iin, const std::string& operator_name);
  // Of this desk's relying party, those not acknowledged at all three, each with all requests that it names; a
  // custodian notes that the party was told once it has given out all of them, and takes no acknowledgement before.
  Result<std::vector<ErasureNotice>> notices();
  Status acknowledge(const protocol::RecordId& record);
  // By custodian, of a request of this desk's that is not long ago.
  std::array<Result<std::vector<Reason>>, protocol::kCustodians> explain(const protocol::RequestId& id);
  std::array<CustodianStatus, protocol::kCustodians> status();

 private:
  struct State;
  explicit Desk(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace qorgan::desk
