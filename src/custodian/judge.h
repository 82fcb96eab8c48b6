// This custodian's own decision on a request: whether its policy allows it. Nobody else's opinion counts here.
#pragma once

#include <functional>
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
#include "store/store.h"

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
  // the searches made under its warrant so far. `of_record` is what the records say: an error where, of what may be
  // asked, this cannot be done. Quotas are counted where it is allowed.
  Judgement judge(const protocol::Request& request, const Gallery::Person& person, const Status& of_record,
                  std::int64_t warrant_uses, std::int64_t now_ms);
  // The id of the request's warrant, unverified, to count its uses by; nothing where there is none that can be read.
  static std::optional<protocol::RequestId> warrant_id(const protocol::Request& request);

  // Quotas over the end of the process. Names are counted as `hide` gives them, which outlives the judge's last call;
  // before the first request. What was counted then is given by counted() after each request that was allowed: a name
  // and a text each. Errors: damaged.
  using Hide = std::function<std::string(const std::string&)>;
  Status begin_counting(Hide hide, const std::vector<store::NamedText>& before);
  std::vector<store::NamedText> counted(const protocol::Request& request) const;
  // Whether nothing of it counts any more. Errors: damaged.
  Result<bool> is_over(const store::NamedText& counted) const;
  static constexpr const char* kNotePrefix = "usage/";

  std::shared_ptr<const policy::Policy> policy() const;
  // From here on.
  void use(std::shared_ptr<const policy::Policy> policy);

 private:
  const protocol::Network& network_;
  mutable std::mutex mutex_;
  std::shared_ptr<const policy::Policy> policy_;
  policy::UsageCounter counter_;

  struct Names {
    std::string desk;
    std::string party;
    std::string operator_name;
  };
  Names names_of(const protocol::Request& request) const;
  std::int64_t now_ms() const;
  Hide hide_ = [](const std::string& name) { return name; };
  const std::int64_t began_ms_;  // unix time at the start less the steady clock's
};

}  // namespace qorgan::custodian
