// What a custodian answers to each question.
#pragma once

#include "custodian/coordinator.h"
#include "custodian/engine.h"
#include "custodian/lanes.h"
#include "custodian/peers.h"
#include "custodian/rate.h"
#include "identity/oprf.h"
#include "net/hello.h"
#include "net/message.h"

namespace qorgan::custodian {

// Thread-safe; every question may wait, on the thread that asks.
class Service {
 public:
  // `coordinator` is null but at custodian 0. Everything given outlives the service.
  Service(Engine& engine, Peers& peers, Lanes& lanes, Coordinator* coordinator, const identity::KeyShare& pseudonym_key,
          const protocol::Network& network);

  Result<net::Message> answer(const net::Party& asker, net::Message question);

 private:
  Result<net::Message> answer_unguarded(const net::Party& asker, net::Message& question);
  Status check_rates(const protocol::Request& request);
  Result<net::Message> answer_desk(const std::string& desk, const std::string& name, net::Message& question);
  Result<net::Message> answer_custodian(int custodian, const std::string& name, const net::Message& question);

  Result<net::Message> submit(const std::string& desk, net::Message& question);
  Result<net::Message> evaluate_pseudonym(const std::string& desk, const net::Message& question);
  Result<net::Message> lookup(const std::string& desk, const net::Message& question);
  Result<net::Message> progress(const std::string& desk, const net::Message& question);
  Result<net::Message> cancel(const std::string& desk, const net::Message& question);
  Result<net::Message> status() const;

  Result<net::Message> agree(const net::Message& question);
  Result<net::Message> compare_shares(const net::Message& question);
  Result<net::Message> open_lanes(const net::Message& question);
  Result<net::Message> take_snapshot(const net::Message& question);
  Result<net::Message> run(const net::Message& question);
  Result<net::Message> commit(const net::Message& question);
  Result<net::Message> release(const net::Message& question);
  Result<net::Message> abort(const net::Message& question);
  Result<net::Message> outcome(const net::Message& question);

  Engine& engine_;
  Peers& peers_;
  Lanes& lanes_;
  Coordinator* const coordinator_;
  const identity::KeyShare& pseudonym_key_;
  const protocol::Network& network_;
  Rate pseudonym_rate_{limits::pseudonyms_per_minute_max};
  Rate comparison_rate_{limits::comparisons_per_minute_max};
  Rate subject_rate_{limits::comparisons_of_subject_per_minute_max};
};

}  // namespace qorgan::custodian
