#include "tests/policy/policy_support.h"

#include <algorithm>

#include "crypto/hash.h"

namespace qorgan::policy::test {
namespace {

crypto::SignKeyPair key_of(const std::string& name) {
  const crypto::Digest seed = crypto::sha256(as_bytes("key of " + name));
  return crypto::sign_key_pair_from_seed(crypto::Key(seed));
}

Rules make_rules(const World& world) {
  Rules rules;
  rules.version = 3;
  rules.network_id.fill(0x4e);
  rules.valid_from_s = kNow_s - 86'400;
  rules.purposes = shipped_purposes();
  rules.parties = {{"police",
                    "City police",
                    PartyKind::investigator,
                    {"lab", "van"},
                    {"identification"},
                    std::vector<std::string>{"A. Akhmetova", "B. Bekov"},
                    std::nullopt},
                   {"bank",
                    "First bank",
                    PartyKind::bank,
                    {"till"},
                    {"verification-bank", "erasure"},
                    std::nullopt,
                    Quotas{3, 5, 2, 4}},
                   {"office",
                    "Document office",
                    PartyKind::document_office,
                    {"counter"},
                    {"deduplication", "enrolment-document", "erasure"},
                    std::nullopt,
                    std::nullopt}};
  rules.courts = {world.court.verifier(), world.other_court.verifier()};
  rules.officers = {{{world.officer_0.verifier(), world.officer_0b.verifier()},
                     {world.officer_1.verifier()},
                     {world.officer_2.verifier()}}};
  return rules;
}

}  // namespace

TestKey::TestKey(std::string key_name) : name(std::move(key_name)), signer(key_of(name)) {}

ledger::VerifierKey TestKey::verifier() const {
  return {name, ledger::KeyType::ed25519, signer.public_key()};
}

World::World() : rules(make_rules(*this)), policy(Policy::make(rules).value()) {}

Warrant World::warrant() const {
  Warrant warrant;
  warrant.id.fill(0x17);
  warrant.network_id = rules.network_id;
  warrant.case_name = "Case 26-114";
  warrant.court = court.name;
  warrant.party = "police";
  warrant.purpose = "identification";
  warrant.scope = {{"lab"}, {"A. Akhmetova"}, {2, 7}};
  warrant.searches_max = 2;
  warrant.candidates_max = 3;
  warrant.not_before_s = kNow_s - 3600;
  warrant.not_after_s = kNow_s + 3600;
  return warrant;
}

Question World::search() const {
  Question question;
  question.operation = Operation::identify;
  question.desk = "lab";
  question.operator_name = "A. Akhmetova";
  question.purpose = "identification";
  question.fingers = {2, 7};
  return question;
}

Question World::verification() const {
  Question question;
  question.operation = Operation::verify;
  question.desk = "till";
  question.operator_name = "C. Cherny";
  question.purpose = "verification-bank";
  question.fingers = {2};
  question.subject.enrolled_by = BasisKind::consent;
  return question;
}

std::string sign(const std::string& text, const std::vector<TestKey*>& keys) {
  ledger::Note note{text, {}};
  for (TestKey* key : keys) note.signatures.push_back(ledger::sign_note(text, key->name, key->signer).value());
  return note.format();
}

std::string sign_fully(World& world, const Warrant& warrant) {
  return sign(warrant.text(), {&world.court, &world.officer_0, &world.officer_1});
}

Check check_of(const Decision& decision, std::string_view rule) {
  const auto found = std::find_if(decision.checks.begin(), decision.checks.end(),
                                  [&](const Check& check) { return check.rule == rule; });
  if (found != decision.checks.end()) return *found;
  ADD_FAILURE() << "no check " << rule;
  return {};
}

void expect_refused(const Decision& decision, std::string_view rule, ErrorCode code) {
  ASSERT_FALSE(decision.allowed()) << rule;
  const auto first =
      std::find_if(decision.checks.begin(), decision.checks.end(), [](const Check& check) { return !check.passed; });
  ASSERT_NE(first, decision.checks.end());
  EXPECT_EQ(first->rule, rule);
  EXPECT_EQ(first->text, decision.refusal->message());
  EXPECT_EQ(decision.refusal->code, code) << rule;
}

}  // namespace qorgan::policy::test
