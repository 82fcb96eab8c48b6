// This custodian's own decision on a request: whether its policy allows it. Nobody else's opinion counts here.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "custodian/gallery.h"
#include "policy/policy.h"
#include "policy/usage_counter.h"
#include "protocol/network.h"
#include "protocol/request.h"
#include "rights/receipt.h"

namespace qorgan::custodian {

// What of a policy decides whom a comparison leaves out: those who have locked their record, or withdrawn their
// consent.
struct LeaveOut {
  bool locked = true;
  bool withdrawn = true;
  // Whoever either leaves out. Custodians whose policies differ compare the same people by it, and none of them more
  // than its own policy allows.
  LeaveOut stricter(const LeaveOut& other) const { return {locked || other.locked, withdrawn || other.withdrawn}; }
  bool operator==(const LeaveOut&) const = default;
};

struct Judgement {
  std::optional<Error> refused;
  std::string party;
  std::string purpose;
  std::int64_t purpose_version = 0;
  std::string basis;
  bool by_consent = false;
  std::optional<rights::Terms> terms;  // of an enrolment: what the person is told
  std::int64_t hidden_until_s = 0;
  std::optional<protocol::RequestId> warrant;
  int candidates_max = limits::candidates_max;
  bool one_bit = false;  // a search tells whether anybody is alike, and not who
  bool overrides_lock = false;
  std::vector<policy::Check> checks;  // each rule that was looked at

  LeaveOut leave_out() const { return {!overrides_lock, by_consent}; }
};

// Thread-safe.
class Judge {
 public:
  // The network outlives it; `policy` is not null.
  Judge(const protocol::Network& network, std::shared_ptr<const policy::Policy> policy);

  // `person` is null where nobody is enrolled under what the request names, and for an identification; warrant_uses are
  // the searches made under its warrant so far. Quotas are counted where it is allowed.
  Judgement judge(const protocol::Request& request, const Gallery::Person& person, std::int64_t warrant_uses,
                  std::int64_t now_ms);
  // The id of the request's warrant, unverified, to count its uses by; nothing where there is none that can be read.
  static std::optional<protocol::RequestId> warrant_id(const protocol::Request& request);

  std::shared_ptr<const policy::Policy> policy() const;
  // From here on.
  void use(std::shared_ptr<const policy::Policy> policy);

 private:
  const protocol::Network& network_;
  mutable std::mutex mutex_;
  std::shared_ptr<const policy::Policy> policy_;
  policy::UsageCounter counter_;
};

}  // namespace qorgan::custodian
