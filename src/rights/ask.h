// What the holder of a receipt asks of the three custodians, each over HTTPS with the pin of the network file.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "net/http_client.h"
#include "protocol/network.h"
#include "rights/erasure.h"
#include "rights/request.h"
#include "rights/secret.h"

namespace qorgan::rights {

using CustodianAnswers = std::array<Result<net::Json>, protocol::kCustodians>;

// Thread-safe.
class SubjectClient {
 public:
  // The network outlives it. Errors: invalid_input where a custodian has no web port.
  static Result<SubjectClient> create(const protocol::Network& network);

  // Signs the request and asks all three at once. Errors, each custodian's own: as HttpClient's, or what it answered.
  CustodianAnswers ask(const SubjectRequest& request, const crypto::SignKeyPair& access_key, Deadline deadline);
  // One custodian alone.
  Result<net::Json> ask_one(std::size_t custodian, const SubjectRequest& request, const crypto::SignKeyPair& access_key,
                            Deadline deadline);
  // The same for a change of the record: repeated where a connection fails, until all three have confirmed it. Errors:
  // why it was refused or aborted (then nothing was done anywhere); undecided when the time is over before all three
  // have confirmed, with the request id to repeat.
  Result<std::array<net::Json, protocol::kCustodians>> change(const SubjectRequest& request,
                                                              const crypto::SignKeyPair& access_key, Deadline deadline);

 private:
  explicit SubjectClient(const protocol::Network& network) : network_(&network) {}
  Result<net::Json> ask_one(std::size_t custodian, const SignedSubjectRequest& request, Deadline deadline);

  const protocol::Network* network_;
  std::array<std::unique_ptr<net::HttpClient>, protocol::kCustodians> clients_;
};

// The certificate out of the three answers to an erasure, verified. Errors: damaged, naming the custodian.
Result<ErasureCertificate> certificate_of(const protocol::Network& network, const protocol::RecordId& handle,
                                          const protocol::RequestId& request,
                                          const std::array<net::Json, protocol::kCustodians>& answers);

// What one custodian tells of a record.
struct TracedUse {
  ledger::Leaf leaf;  // of what was hidden, with the grounds that its details opened
  Details details;    // empty where the custodian does not tell them
  std::uint64_t index = 0;
  bool is_opened = false;  // what opens its details was told, and is the entry's
  std::string kind;        // of the request, by the opened details; empty where they do not say
};
// That a custodian was recovered, by its own log, or by that of one that helped.
struct LoggedRecovery {
  int custodian = 0;
  std::int64_t time_s = 0;  // unix time
  std::uint64_t index = 0;
};
struct PurposeWords {
  policy::Words what;
  policy::Words basis;
};
struct CustodianTrace {
  bool locked = false;
  bool withdrawn = false;
  std::vector<int> fingers;
  std::vector<TracedUse> uses;      // newest first; each proven to be in the log, and to be about this person
  std::vector<TracedUse> searches;  // among everybody; each proven to be in the log
  // The newest, limits::trace_recoveries_max at most, with the first page alone; each proven to be in the log.
  std::vector<LoggedRecovery> recoveries;
  // Where the custodian's next page begins; none where it has no more to tell.
  std::optional<std::int64_t> uses_before;
  std::optional<std::int64_t> searches_before;
  // What the custodian's policy calls those that the entries name by their ids.
  std::map<std::string, std::string> party_names;
  std::map<std::string, PurposeWords> purposes;
};

// Checks every proof and tag of one page. Only `aborted` has no tag: whose it is, is known once an entry of the same
// request is there that has one, which may stand on a later page. Errors, naming the custodian: damaged; refused (a
// checkpoint that no other one has cosigned); version_mismatch.
Result<CustodianTrace> read_trace(const net::Json& answer, const NetworkKeys& keys, int custodian,
                                  const crypto::Key& view_key);

}  // namespace qorgan::rights
