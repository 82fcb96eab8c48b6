// What the policy's tests share: keys of everybody, a policy with an investigator, a bank and a document office, and a
// warrant with its signatures.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "policy/policy.h"
#include "policy/trial.h"
#include "policy/warrant.h"

namespace qorgan::policy::test {

// 2026-11-23T04:06:49Z
inline constexpr std::int64_t kNow_s = 1'795'406'809;

// A key that is the same in every run.
struct TestKey {
  explicit TestKey(std::string name);
  std::string name;
  crypto::KeySigner signer;
  ledger::VerifierKey verifier() const;
};

struct World {
  World();
  TestKey custodian{"custodian-0.example"};
  TestKey court{"court.example"};
  TestKey other_court{"court.elsewhere.example"};
  TestKey stranger{"stranger.example"};
  // Two officers of custodian 0, one each of 1 and 2.
  TestKey officer_0{"officer-0.example"}, officer_0b{"officer-0b.example"}, officer_1{"officer-1.example"},
      officer_2{"officer-2.example"};
  Rules rules;
  Policy policy;

  // For the investigator's searches, valid from an hour before kNow_s to an hour after it.
  Warrant warrant() const;
  // A search of the investigator's.
  Question search() const;
  // A verification at the bank.
  Question verification() const;
};

// A text and the signatures of these keys.
std::string sign(const std::string& text, const std::vector<TestKey*>& keys);
// The warrant as it should be: the court's signature and two custodians'.
std::string sign_fully(World& world, const Warrant& warrant);

// The first check of that rule; a failing test where there is none.
Check check_of(const Decision& decision, std::string_view rule);
// That a decision refuses with this rule first, and that its error is the refusal.
void expect_refused(const Decision& decision, std::string_view rule, ErrorCode code = ErrorCode::refused);

}  // namespace qorgan::policy::test
