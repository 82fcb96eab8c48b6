#include <gtest/gtest.h>

#include <functional>

#include "base/limits.h"
#include "policy/warrant.h"
#include "tests/policy/policy_support.h"

namespace qorgan::policy::test {
namespace {

class DecideTest : public testing::Test {
 protected:
  Decision decide(const Question& question, const Usage& usage = {}, std::int64_t now_s = kNow_s) {
    return world_.policy.decide(question, usage, now_s);
  }
  Question with_warrant(const std::function<void(Warrant&)>& change = [](Warrant&) {}) {
    Warrant warrant = world_.warrant();
    change(warrant);
    Question question = world_.search();
    question.warrant = sign_fully(world_, warrant);
    return question;
  }

  World world_;
};

TEST_F(DecideTest, AVerificationThatIsAllowed) {
  const Decision decision = decide(world_.verification());
  ASSERT_TRUE(decision.allowed()) << decision.refusal->message();
  EXPECT_EQ(decision.party, "bank");
  EXPECT_EQ(decision.purpose, "verification-bank");
  EXPECT_EQ(decision.purpose_version, 1);
  EXPECT_EQ(decision.basis, "consent-bank");
  EXPECT_FALSE(decision.warrant);
  EXPECT_EQ(decision.candidates_max, 0);
  EXPECT_EQ(decision.hidden_until_s, 0);
  EXPECT_GE(decision.checks.size(), 10U);
  for (const Check& check : decision.checks) {
    EXPECT_TRUE(check.passed) << check.rule;
    EXPECT_FALSE(check.text.empty()) << check.rule;
  }
}

TEST_F(DecideTest, ASearchWithAWarrant) {
  const Decision decision = decide(with_warrant());
  ASSERT_TRUE(decision.allowed()) << decision.refusal->message();
  EXPECT_EQ(decision.party, "police");
  EXPECT_EQ(decision.warrant, world_.warrant().id);
  EXPECT_EQ(decision.candidates_max, 3);
  EXPECT_FALSE(decision.one_bit);
  EXPECT_EQ(decision.hidden_until_s, 0);
}

TEST_F(DecideTest, ADeskThatIsNotRegistered) {
  Question question = world_.verification();
  question.desk = "till 2";
  const Decision decision = decide(question);
  expect_refused(decision, "desk");
  EXPECT_TRUE(decision.party.empty());
  // What can still be judged is.
  EXPECT_TRUE(check_of(decision, "operation").passed);
}

TEST_F(DecideTest, AnOperatorIsNamedAlways) {
  Question question = world_.verification();
  question.operator_name.clear();
  expect_refused(decide(question), "operator");
  question = with_warrant([](Warrant& w) { w.scope.operators.clear(); });
  question.operator_name = "C. Cherny";
  expect_refused(decide(question), "operator");
  question.operator_name = "B. Bekov";
  EXPECT_TRUE(decide(question).allowed());
}

TEST_F(DecideTest, APurposeThatIsNotKnown) {
  Question question = world_.verification();
  question.purpose = "curiosity";
  const Decision decision = decide(question);
  expect_refused(decision, "purpose");
  EXPECT_TRUE(decision.purpose.empty());
}

TEST_F(DecideTest, APurposeThatThePartyIsNotRegisteredFor) {
  Question question = world_.verification();
  question.purpose = "verification-counter";
  expect_refused(decide(question), "registration");
}

TEST_F(DecideTest, AnOperationThatThePurposeDoesNotAllow) {
  Question question = world_.verification();
  question.operation = Operation::enrol;
  expect_refused(decide(question), "operation");
  question.operation = Operation::identify;
  expect_refused(decide(question), "operation");
}

TEST_F(DecideTest, ALockStopsWhatDoesNotOverrideIt) {
  Question question = world_.verification();
  question.subject.locked = true;
  expect_refused(decide(question), "lock");
  question.operation = Operation::erase;
  question.purpose = "erasure";
  EXPECT_TRUE(decide(question).allowed());
}

TEST_F(DecideTest, WithdrawnConsentStopsComparisonsByConsent) {
  Question question = world_.verification();
  question.subject.withdrawn = true;
  expect_refused(decide(question), "consent");
  // A purpose by law goes on, and so does erasing.
  Question search = with_warrant();
  search.subject.withdrawn = true;
  EXPECT_TRUE(decide(search).allowed());
  question.operation = Operation::erase;
  question.purpose = "erasure";
  EXPECT_TRUE(decide(question).allowed());
}

TEST_F(DecideTest, WhatALawKeepsIsNotErasedOnRequest) {
  for (const Operation operation : {Operation::erase, Operation::withdraw}) {
    Question question = world_.verification();
    question.operation = operation;
    question.purpose = "erasure";
    question.subject.enrolled_by = BasisKind::law;
    expect_refused(decide(question), "kept-by-law");
    question.operation = Operation::lock;
    EXPECT_TRUE(decide(question).allowed());
  }
}

TEST_F(DecideTest, ASubjectAsksThroughNoDesk) {
  Question question;
  question.asked_by_subject = true;
  question.purpose = "own-request";
  question.subject.enrolled_by = BasisKind::consent;
  question.subject.locked = true;
  for (const Operation operation : {Operation::erase, Operation::withdraw, Operation::lock, Operation::unlock}) {
    question.operation = operation;
    const Decision decision = decide(question);
    EXPECT_TRUE(decision.allowed()) << operation_name(operation);
    EXPECT_TRUE(decision.party.empty());
    EXPECT_EQ(decision.basis, "right-own-data");
  }
  question.operation = Operation::verify;
  expect_refused(decide(question), "operation");
  question.operation = Operation::erase;
  question.purpose = "erasure";
  expect_refused(decide(question), "registration");
  question.purpose = "own-request";
  question.desk = "till";
  expect_refused(decide(question), "desk");
  // Nor does a desk ask in the subject's name.
  Question desk = world_.verification();
  desk.purpose = "own-request";
  desk.operation = Operation::erase;
  expect_refused(decide(desk), "registration");
}

TEST_F(DecideTest, ASearchNeedsItsWarrant) {
  expect_refused(decide(world_.search()), "warrant");
  Question question = world_.verification();
  question.warrant = with_warrant().warrant;
  expect_refused(decide(question), "warrant");
}

TEST_F(DecideTest, DeduplicationAnswersOneBitWithoutAWarrant) {
  Question question = world_.search();
  question.desk = "counter";
  question.purpose = "deduplication";
  const Decision decision = decide(question);
  ASSERT_TRUE(decision.allowed()) << decision.refusal->message();
  EXPECT_TRUE(decision.one_bit);
  EXPECT_EQ(decision.candidates_max, 0);
}

// Each rule of a warrant is named in the explanation, and it is the first failure.
TEST_F(DecideTest, TheWarrantsRuleThatFailsIsNamed) {
  const auto expect_rule = [&](std::string_view rule, const std::function<void(Warrant&)>& change,
                               ErrorCode code = ErrorCode::refused) {
    expect_refused(decide(with_warrant(change)), rule, code);
  };
  expect_rule(
      "warrant-network", [](Warrant& w) { w.network_id[0] ^= 1; }, ErrorCode::wrong_network);
  expect_rule("warrant-court", [&](Warrant& w) { w.court = world_.other_court.name; });
  expect_rule("warrant-begin", [](Warrant& w) { w.not_before_s = kNow_s + 1; });
  expect_rule("warrant-end", [](Warrant& w) { w.not_after_s = kNow_s - 1; });
  expect_rule("warrant-party", [](Warrant& w) { w.party = "bank"; });
  expect_rule("warrant-purpose", [](Warrant& w) { w.purpose = "enrolment"; });
  expect_rule("warrant-desk", [](Warrant& w) { w.scope.desks = {"van"}; });
  expect_rule("warrant-operator", [](Warrant& w) { w.scope.operators = {"B. Bekov"}; });
  expect_rule("warrant-fingers", [](Warrant& w) { w.scope.fingers = {2}; });
  Question question = with_warrant();
  question.warrant.back() = ' ';
  expect_refused(decide(question), "warrant-form", ErrorCode::invalid_input);
  question = with_warrant();
  question.warrant[question.warrant.find("114")] = '2';
  expect_refused(decide(question), "warrant-signature", ErrorCode::damaged);
  question.warrant = sign(world_.warrant().text(), {&world_.court, &world_.officer_0, &world_.officer_0b});
  expect_refused(decide(question), "warrant-officers");
  expect_refused(decide(with_warrant(), Usage{0, 0, 0, 0, 2}), "warrant-uses");
  EXPECT_TRUE(decide(with_warrant(), Usage{0, 0, 0, 0, 1}).allowed());
}

TEST_F(DecideTest, AHiddenUseHasItsDate) {
  const auto hide = [](Warrant& w) { w.hidden_until_s = w.not_after_s + 86'400; };
  const Decision decision = decide(with_warrant(hide));
  ASSERT_TRUE(decision.allowed());
  EXPECT_EQ(decision.hidden_until_s, world_.warrant().not_after_s + 86'400);
  for (Purpose& purpose : world_.rules.purposes)
    if (purpose.id == "identification") purpose.hidden_allowed = false;
  const Policy open = Policy::make(world_.rules).value();
  expect_refused(open.decide(with_warrant(hide), {}, kNow_s), "warrant-hidden");
}

// The bank has quotas of its own: 3 and 5 a desk, 2 and 4 an operator.
TEST_F(DecideTest, EachQuotaIsARuleOfItsOwn) {
  const Question question = world_.verification();
  EXPECT_TRUE(decide(question, {2, 4, 1, 3, 0}).allowed());
  expect_refused(decide(question, {3, 0, 0, 0, 0}), "quota-desk-minute", ErrorCode::busy);
  expect_refused(decide(question, {0, 5, 0, 0, 0}), "quota-desk-day", ErrorCode::busy);
  expect_refused(decide(question, {0, 0, 2, 0, 0}), "quota-operator-minute", ErrorCode::busy);
  expect_refused(decide(question, {0, 0, 0, 4, 0}), "quota-operator-day", ErrorCode::busy);
}

TEST_F(DecideTest, APurposesQuotasHoldWhereThePartyHasNone) {
  const Quotas& quotas = world_.policy.purpose("identification")->quotas;
  const Question question = with_warrant();
  EXPECT_TRUE(decide(question, {quotas.desk_per_minute - 1, 0, 0, 0, 0}).allowed());
  expect_refused(decide(question, {quotas.desk_per_minute, 0, 0, 0, 0}), "quota-desk-minute", ErrorCode::busy);
}

TEST_F(DecideTest, BeforeItsTimeAPolicyAllowsNothing) {
  EXPECT_TRUE(decide(world_.verification(), {}, world_.rules.valid_from_s).allowed());
  expect_refused(decide(world_.verification(), {}, world_.rules.valid_from_s - 1), "policy");
  expect_refused(decide(world_.verification(), {}, limits::clock_plausible_s_min - 1), "clock", ErrorCode::unavailable);
}

TEST_F(DecideTest, AllFailuresStandInTheExplanationTheFirstIsTheError) {
  Question question = world_.verification();
  question.operator_name.clear();
  question.subject.locked = true;
  question.subject.withdrawn = true;
  const Decision decision = decide(question, {3, 0, 0, 0, 0});
  expect_refused(decision, "operator");
  for (const char* rule : {"lock", "consent", "quota-desk-minute"})
    EXPECT_FALSE(check_of(decision, rule).passed) << rule;
  for (const char* rule : {"desk", "purpose", "operation"}) EXPECT_TRUE(check_of(decision, rule).passed) << rule;
}

}  // namespace
}  // namespace qorgan::policy::test
