// A policy for trials: every desk may do what its kind may, and any name will do for an operator.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "policy/policy.h"

namespace qorgan::policy {

struct TrialDesk {
  std::string desk;   // as the network file names it
  std::string party;  // the organisation's name, for people; desks of one name are one relying party's
  PartyKind kind = PartyKind::trial;
};

struct TrialPlan {
  crypto::Digest network_id{};
  std::vector<TrialDesk> desks;
  std::vector<ledger::VerifierKey> courts;
  std::array<std::vector<ledger::VerifierKey>, kCustodians> officers;
  std::vector<Purpose> purposes = shipped_purposes();
  std::int64_t valid_from_s = 0;
};

// Its text() is what each custodian signs. A relying party's id is its name in small Latin letters with hyphens, or
// "party-N". Errors: as Policy::make's; invalid_input where desks of one party are of different kinds.
Result<Policy> make_trial_policy(const TrialPlan& plan);

// The whole note that load_policy() opens; `name` is what the custodian's key signs policies under.
Result<std::string> sign_policy(const Policy& policy, const std::string& name, crypto::Signer& signer);

}  // namespace qorgan::policy
