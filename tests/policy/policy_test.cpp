#include "policy/policy.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "policy/fields.h"
#include "policy/trial.h"
#include "tests/policy/policy_support.h"

namespace qorgan::policy::test {
namespace {

using nlohmann::json;

constexpr std::string_view kTitle = "qorgan policy v1";

json json_of(const Policy& policy) {
  return json::parse(policy.text().substr(kTitle.size() + 1));
}

TEST(Policy, ComesBackFromItsNote) {
  World world;
  const auto note = sign_policy(world.policy, world.custodian.name, world.custodian.signer);
  ASSERT_TRUE(note) << note.error().message();
  const auto loaded = load_policy(*note, world.custodian.verifier());
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->rules(), world.rules);
  EXPECT_EQ(loaded->digest(), world.policy.digest());
  EXPECT_EQ(loaded->digest(), crypto::sha256(as_bytes(world.policy.text())));
}

TEST(Policy, OnlyTheCustodiansOwnKeyCounts) {
  World world;
  const std::string text = world.policy.text();
  const auto others = load_policy(sign(text, {&world.court, &world.officer_0}), world.custodian.verifier());
  ASSERT_FALSE(others);
  EXPECT_EQ(others.error().code, ErrorCode::refused);
  std::string note = sign(text, {&world.custodian});
  note[note.find("City police")] = 'K';
  const auto changed = load_policy(note, world.custodian.verifier());
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, ErrorCode::damaged);
}

TEST(Policy, APurposeThatHasNotItsDigestIsDamaged) {
  const World world;
  json object = json_of(world.policy);
  object["purposes"][0]["purpose"]["version"] = 2;
  const auto parsed = parse_policy(canonical_text(kTitle, object));
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, ErrorCode::damaged);
}

TEST(Policy, EveryFieldIsReadStrictly) {
  const World world;
  const json whole = json_of(world.policy);
  const auto parse = [](const json& object) { return parse_policy(canonical_text(kTitle, object)); };
  ASSERT_TRUE(parse(whole));
  const auto strict = [&](const json::json_pointer& place) {
    for (const auto& item : whole.at(place).items()) {
      json changed = whole;
      changed.at(place).erase(item.key());
      EXPECT_EQ(parse(changed).has_value(), item.key() == "quotas") << place << " " << item.key();
      for (const json& bad : {json(nullptr), json(-1), json(""), json(1.5), json{json::object()}, json{7}}) {
        changed.at(place)[item.key()] = bad;
        EXPECT_FALSE(parse(changed)) << place << " " << item.key() << " as " << bad.dump();
      }
    }
    json more = whole;
    more.at(place)["more"] = 1;
    EXPECT_FALSE(parse(more)) << place;
  };
  for (const char* place : {"", "/parties/1", "/parties/1/quotas", "/officers", "/purposes/0"})
    if (std::string_view(place) != "/parties/1/quotas") strict(json::json_pointer(place));
}

TEST(Policy, IsCanonical) {
  const World world;
  const std::string text = world.policy.text();
  EXPECT_TRUE(parse_policy(text));
  EXPECT_FALSE(parse_policy(std::string(kTitle) + "\n" + json_of(world.policy).dump(1) + "\n"));
  EXPECT_FALSE(parse_policy(text + "\n"));
  std::string large = text;
  large[large.find("4e4e") + 1] = 'E';
  EXPECT_FALSE(parse_policy(large));
  EXPECT_FALSE(parse_policy(text.substr(0, text.size() - 1)));
  EXPECT_FALSE(parse_policy("qorgan warrant v1" + text.substr(kTitle.size())));
  EXPECT_FALSE(parse_policy(text + std::string(limits::policy_bytes_max, ' ')));
}

TEST(Policy, RulesThatContradictThemselvesAreRefused) {
  const World world;
  const auto refuses = [&](const char* why, const std::function<void(Rules&)>& change) {
    Rules rules = world.rules;
    change(rules);
    const auto made = Policy::make(rules);
    ASSERT_FALSE(made) << why;
    EXPECT_EQ(made.error().code, ErrorCode::invalid_input);
  };
  refuses("purpose twice", [](Rules& r) { r.purposes.push_back(r.purposes.front()); });
  refuses("party twice", [](Rules& r) { r.parties[1].id = r.parties[0].id; });
  refuses("desk twice", [](Rules& r) { r.parties[1].desks.push_back(r.parties[0].desks[0]); });
  refuses("no id", [](Rules& r) { r.parties[0].id = "City police"; });
  refuses("unknown purpose", [](Rules& r) { r.parties[0].purposes.push_back("curiosity"); });
  refuses("for another kind", [](Rules& r) { r.parties[1].purposes.push_back("identification"); });
  refuses("a subject as a party", [](Rules& r) { r.parties[1].kind = PartyKind::subject; });
  refuses("court twice", [](Rules& r) { r.courts.push_back(r.courts.front()); });
  refuses("court as officer", [](Rules& r) { r.officers[2].push_back(r.courts.front()); });
  refuses("court's key as officer's", [](Rules& r) {
    r.officers[2].push_back({"somebody.example", ledger::KeyType::ed25519, r.courts.front().key});
  });
  refuses("officer of two", [](Rules& r) { r.officers[2].push_back(r.officers[0].front()); });
  refuses("a name for two keys", [](Rules& r) { r.officers[2].front().name = r.officers[0].front().name; });
  refuses("cosigner's key", [](Rules& r) { r.courts.front().type = ledger::KeyType::cosignature; });
}

TEST(TrialPolicy, AllowsItsDesksWhatTheCommandsAskFor) {
  World world;
  TrialPlan plan;
  plan.network_id = world.rules.network_id;
  plan.desks = {{"desk", "Trial office"}, {"desk 2", "Trial office"}, {"\xd2\x9a", "\xd2\x9a\xd0\xb0\xd0\xbb\xd0\xb0"}};
  plan.courts = {world.court.verifier()};
  plan.officers = world.rules.officers;
  const auto policy = make_trial_policy(plan);
  ASSERT_TRUE(policy) << policy.error().message();
  ASSERT_EQ(policy->rules().parties.size(), 2U);
  EXPECT_EQ(policy->rules().parties[0].id, "trial-office");
  EXPECT_EQ(policy->rules().parties[1].id, "party-2");
  const auto note = sign_policy(*policy, world.custodian.name, world.custodian.signer);
  ASSERT_TRUE(note) << note.error().message();
  const auto loaded = load_policy(*note, world.custodian.verifier());
  ASSERT_TRUE(loaded) << loaded.error().message();
  Question question;
  question.desk = "desk 2";
  question.operator_name = "anybody";
  for (const auto& [operation, purpose] : {std::pair(Operation::enrol, "enrolment"),
                                           {Operation::verify, "verification"},
                                           {Operation::erase, "erasure"},
                                           {Operation::identify, "deduplication"}}) {
    question.operation = operation;
    question.purpose = purpose;
    const Decision decision = loaded->decide(question, {}, kNow_s);
    EXPECT_TRUE(decision.allowed()) << purpose << ": " << decision.refusal->message();
    EXPECT_EQ(decision.party, "trial-office");
  }
  question.operation = Operation::identify;
  question.purpose = "identification";
  expect_refused(loaded->decide(question, {}, kNow_s), "warrant");
  Warrant warrant = world.warrant();
  warrant.party = "trial-office";
  warrant.scope = {};
  question.warrant = sign_fully(world, warrant);
  EXPECT_TRUE(loaded->decide(question, {}, kNow_s).allowed());
}

TEST(TrialPolicy, WhatCannotBeReadAgainIsNotSigned) {
  World world;
  for (const std::string& name :
       {std::string("two\nlines"), std::string("\xff"), std::string(limits::name_bytes_max + 1, 'x')}) {
    TrialPlan plan;
    plan.desks = {{name, "Trial office"}};
    const auto policy = make_trial_policy(plan);
    ASSERT_TRUE(policy);
    const auto note = sign_policy(*policy, world.custodian.name, world.custodian.signer);
    ASSERT_FALSE(note);
    EXPECT_EQ(note.error().code, ErrorCode::invalid_input);
  }
  TrialPlan plan;
  plan.desks = {{"a", "One"}, {"b", "One", PartyKind::bank}};
  EXPECT_FALSE(make_trial_policy(plan));
}

}  // namespace
}  // namespace qorgan::policy::test
