// What a custodian answers to each question.
#pragma once

#include "custodian/coordinator.h"
#include "custodian/engine.h"
#include "custodian/lanes.h"
#include "custodian/peers.h"
#include "custodian/rate.h"
#include "custodian/recovery_source.h"
#include "custodian/refresh_part.h"
#include "custodian/refresher.h"
#include "custodian/statements.h"
#include "identity/oprf.h"
#include "ledger/witness.h"
#include "net/hello.h"
#include "net/message.h"

namespace qorgan::custodian {

// What a service works with. Everything outlives it; `coordinator` and `refresher` are null but at custodian 0, the
// rest never.
struct ServiceParts {
  Engine* engine = nullptr;
  Peers* peers = nullptr;
  Lanes* lanes = nullptr;
  Coordinator* coordinator = nullptr;
  Refresher* refresher = nullptr;
  Statements* statements = nullptr;
  ledger::Witness* witness = nullptr;
  const Mirrors* mirrors = nullptr;
  const identity::KeyShare* pseudonym_key = nullptr;
  const protocol::Network* network = nullptr;
};

// Thread-safe; every question may wait, on the thread that asks.
class Service {
 public:
  explicit Service(const ServiceParts& parts);

  Result<net::Message> answer(const net::Party& asker, net::Message question);
  // Takes a request, a subject's or this custodian's own, to its end, and gives the answer as a desk would get it.
  // Errors: as Engine::prepare's; undecided.
  Result<net::Message> take(const protocol::Request& request, ByteView payload);
  // To be called now and then.
  void drop_overdue_refresh() { refresh_part_.drop_overdue(); }

 private:
  Result<net::Message> answer_unguarded(const net::Party& asker, net::Message& question);
  Status check_rates(const protocol::Request& request);
  void count_refusal(const protocol::Request& request);
  tl::unexpected<Error> too_often(const char* what) const;
  Result<net::Message> answer_desk(const std::string& desk, const std::string& name, net::Message& question);
  Result<net::Message> answer_custodian(int custodian, const std::string& name, const net::Message& question);
  Result<net::Message> answer_own(const std::string& name, const net::Message& question);

  Result<net::Message> submit(const std::string& desk, net::Message& question);
  Result<net::Message> evaluate_pseudonym(const std::string& desk, const net::Message& question);
  Result<net::Message> lookup(const std::string& desk, const net::Message& question);
  Result<net::Message> progress(const std::string& desk, const net::Message& question);
  Result<net::Message> cancel(const std::string& desk, const net::Message& question);
  Result<net::Message> explain(const std::string& desk, const net::Message& question);
  Result<net::Message> absence(const std::string& desk, const net::Message& question);
  Result<net::Message> notices(const std::string& desk, const net::Message& question);
  Result<net::Message> notice_part(const std::string& desk, const net::Message& question);
  Result<net::Message> acknowledge(const std::string& desk, const net::Message& question);
  Result<std::string> party_of(const std::string& desk) const;
  Result<net::Message> status() const;

  Result<net::Message> end_of(const protocol::Request& request);
  Result<net::Message> agree(const net::Message& question);
  Result<net::Message> compare_shares(const net::Message& question);
  Result<net::Message> open_lanes(const net::Message& question);
  Result<net::Message> take_snapshot(const net::Message& question);
  Result<net::Message> run(const net::Message& question);
  Result<net::Message> commit(const net::Message& question);
  Result<net::Message> release(const net::Message& question);
  Result<net::Message> abort(const net::Message& question);
  Result<net::Message> outcome(const net::Message& question);
  Result<net::Message> expire(const net::Message& question);
  Result<net::Message> cosign(int custodian, const net::Message& question);
  Result<net::Message> recover_begin(int custodian, const net::Message& question);
  Result<net::Message> back_up(const net::Message& question);
  Result<net::Message> refresh_begin(const net::Message& question);
  Result<net::Message> refresh_stage(const net::Message& question);
  Result<net::Message> refresh_differences(const net::Message& question);
  Result<net::Message> refresh_end(const net::Message& question);
  Result<net::Message> refresh();
  Result<net::Message> refresh_progress() const;

  Engine& engine_;
  Peers& peers_;
  Lanes& lanes_;
  Coordinator* const coordinator_;
  Refresher* const refresher_;
  RefreshPart refresh_part_;
  Statements& statements_;
  const Mirrors& mirrors_;
  RecoverySource recovery_source_;
  const identity::KeyShare& pseudonym_key_;
  const protocol::Network& network_;
  Rate pseudonym_rate_{limits::pseudonyms_per_minute_max};
  Rate comparison_rate_{limits::comparisons_per_minute_max};
  Rate request_rate_{limits::requests_per_minute_max};
  OwnedRates subject_rates_{limits::requests_of_subject_per_minute_max};
  Rate refusal_rate_{limits::refusals_per_minute_max};
  OwnedRates subject_refusal_rates_{limits::refusals_of_subject_per_minute_max};
  Rate recovery_rate_{limits::recoveries_per_minute_max};
};

}  // namespace qorgan::custodian
