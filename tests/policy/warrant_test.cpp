#include "policy/warrant.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "policy/fields.h"
#include "tests/policy/policy_support.h"

namespace qorgan::policy::test {
namespace {

using nlohmann::json;

class WarrantTest : public testing::Test {
 protected:
  Result<Warrant> check(const std::string& note, std::int64_t uses = 0, std::int64_t now_s = kNow_s) {
    return check_warrant(note, world_.policy, question_, uses, now_s);
  }
  void expect_error(const Result<Warrant>& result, ErrorCode code, std::string_view what) {
    ASSERT_FALSE(result) << what;
    EXPECT_EQ(result.error().code, code) << result.error().message();
    EXPECT_NE(result.error().what.find(what), std::string::npos) << result.error().message();
  }
  // Signed as it should be, with one thing changed before.
  Result<Warrant> check_changed(const std::function<void(Warrant&)>& change) {
    Warrant warrant = world_.warrant();
    change(warrant);
    return check(sign_fully(world_, warrant));
  }

  World world_;
  Question question_ = world_.search();
};

TEST_F(WarrantTest, AWholeOneAllowsTheSearch) {
  const auto checked = check(sign_fully(world_, world_.warrant()));
  ASSERT_TRUE(checked) << checked.error().message();
  EXPECT_EQ(*checked, world_.warrant());
}

TEST_F(WarrantTest, OneByteChangedAnywhereIsNoticed) {
  const std::string note = sign_fully(world_, world_.warrant());
  ASSERT_TRUE(check(note));
  for (std::size_t i = 0; i < note.size(); ++i) {
    std::string changed = note;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(check(changed)) << "byte " << i;
  }
  for (std::size_t size = 0; size < note.size(); ++size) EXPECT_FALSE(check(note.substr(0, size))) << size;
}

TEST_F(WarrantTest, EveryFieldIsSigned) {
  const std::string note = sign_fully(world_, world_.warrant());
  const std::string text = world_.warrant().text();
  const auto expect_damaged = [&](const char* field, const std::function<void(Warrant&)>& change) {
    Warrant changed = world_.warrant();
    change(changed);
    ASSERT_NE(changed.text(), text) << field;
    ASSERT_TRUE(parse_warrant(changed.text())) << field;
    const auto checked = check(changed.text() + note.substr(text.size()));
    ASSERT_FALSE(checked) << field;
    // A wrong network is told first; everything else fails by its signatures.
    const bool network = field == std::string_view("network");
    EXPECT_EQ(checked.error().code, network ? ErrorCode::wrong_network : ErrorCode::damaged) << field;
  };
  expect_damaged("id", [](Warrant& w) { w.id[15] ^= 1; });
  expect_damaged("network", [](Warrant& w) { w.network_id[0] ^= 1; });
  expect_damaged("case", [](Warrant& w) { w.case_name += "0"; });
  expect_damaged("court", [&](Warrant& w) { w.court = world_.other_court.name; });
  expect_damaged("party", [](Warrant& w) { w.party = "bank"; });
  expect_damaged("purpose", [](Warrant& w) { w.purpose = "verification"; });
  expect_damaged("desks", [](Warrant& w) { w.scope.desks.push_back("van"); });
  expect_damaged("operators", [](Warrant& w) { w.scope.operators.clear(); });
  expect_damaged("fingers", [](Warrant& w) { w.scope.fingers.push_back(8); });
  expect_damaged("searches_max", [](Warrant& w) { ++w.searches_max; });
  expect_damaged("candidates_max", [](Warrant& w) { ++w.candidates_max; });
  expect_damaged("not_before", [](Warrant& w) { --w.not_before_s; });
  expect_damaged("not_after", [](Warrant& w) { ++w.not_after_s; });
  expect_damaged("hidden_until", [](Warrant& w) { w.hidden_until_s = w.not_after_s; });
}

TEST_F(WarrantTest, ForAnotherNetwork) {
  expect_error(check_changed([](Warrant& w) { w.network_id[31] ^= 1; }), ErrorCode::wrong_network, "another network");
}

TEST_F(WarrantTest, OfACourtThatIsNotRegistered) {
  Warrant warrant = world_.warrant();
  warrant.court = world_.stranger.name;
  expect_error(check(sign(warrant.text(), {&world_.stranger, &world_.officer_0, &world_.officer_1})),
               ErrorCode::refused, "not registered");
}

TEST_F(WarrantTest, SignedByAnotherCourtThanItNames) {
  expect_error(check(sign(world_.warrant().text(), {&world_.other_court, &world_.officer_0, &world_.officer_1})),
               ErrorCode::refused, "has not signed");
  expect_error(check(sign(world_.warrant().text(), {&world_.officer_0, &world_.officer_1})), ErrorCode::refused,
               "has not signed");
}

TEST_F(WarrantTest, TooFewCountersignatures) {
  const std::string text = world_.warrant().text();
  const std::vector<std::vector<TestKey*>> too_few = {
      {&world_.court},
      {&world_.court, &world_.officer_1},
      // Two officers of one custodian count once, and so does one who signs twice.
      {&world_.court, &world_.officer_0, &world_.officer_0b},
      {&world_.court, &world_.officer_2, &world_.officer_2},
      {&world_.court, &world_.officer_1, &world_.stranger},
      // A court is no officer.
      {&world_.court, &world_.other_court, &world_.officer_1}};
  for (const auto& keys : too_few)
    expect_error(check(sign(text, keys)), ErrorCode::refused, "officers of two custodians");
  EXPECT_TRUE(check(sign(text, {&world_.officer_2, &world_.stranger, &world_.court, &world_.officer_0b})));
}

// The court's own key under an officer's name: its key id is not the officer's, so it is a stranger's.
TEST_F(WarrantTest, ACourtsKeyUsedAsAnOfficers) {
  const std::string text = world_.warrant().text();
  ledger::Note note = ledger::parse_note(sign(text, {&world_.court, &world_.officer_0})).value();
  note.signatures.push_back(ledger::sign_note(text, world_.officer_1.name, world_.court.signer).value());
  expect_error(check(note.format()), ErrorCode::refused, "officers of two custodians");
  // With the officer's key id as well it is a signature of theirs that fails.
  note.signatures.back().key_id = world_.officer_1.verifier().id();
  expect_error(check(note.format()), ErrorCode::damaged, "");
}

TEST_F(WarrantTest, BothEndsOfItsTimeBelongToIt) {
  const Warrant warrant = world_.warrant();
  const std::string note = sign_fully(world_, warrant);
  expect_error(check(note, 0, warrant.not_before_s - 1), ErrorCode::refused, "not yet valid");
  EXPECT_TRUE(check(note, 0, warrant.not_before_s));
  EXPECT_TRUE(check(note, 0, warrant.not_after_s));
  expect_error(check(note, 0, warrant.not_after_s + 1), ErrorCode::refused, "expired");
}

TEST_F(WarrantTest, AClockThatStandsInThePastRevivesNothing) {
  Warrant warrant = world_.warrant();
  warrant.not_before_s = 0;
  warrant.not_after_s = 86'400;
  expect_error(check(sign_fully(world_, warrant), 0, 3600), ErrorCode::unavailable, "clock");
}

TEST_F(WarrantTest, UsedUp) {
  const std::string note = sign_fully(world_, world_.warrant());
  EXPECT_TRUE(check(note, 1));
  expect_error(check(note, 2), ErrorCode::refused, "used up");
  expect_error(check(note, 3), ErrorCode::refused, "used up");
}

TEST_F(WarrantTest, TooNarrowForWhatIsAsked) {
  expect_error(check_changed([](Warrant& w) { w.party = "bank"; }), ErrorCode::refused, "another relying party");
  expect_error(check_changed([](Warrant& w) { w.purpose = "verification"; }), ErrorCode::refused, "another purpose");
  expect_error(check_changed([](Warrant& w) { w.scope.desks = {"van"}; }), ErrorCode::refused, "this desk");
  expect_error(check_changed([](Warrant& w) { w.scope.operators = {"B. Bekov"}; }), ErrorCode::refused,
               "this operator");
  expect_error(check_changed([](Warrant& w) { w.scope.fingers = {2}; }), ErrorCode::refused, "a finger");
  EXPECT_TRUE(check_changed([](Warrant& w) { w.scope = {}; }));
}

TEST_F(WarrantTest, AnUnregisteredDeskIsNobodys) {
  question_.desk = "elsewhere";
  expect_error(check_changed([](Warrant& w) { w.scope.desks.clear(); }), ErrorCode::refused, "another relying party");
}

TEST_F(WarrantTest, MalformedTexts) {
  const std::string text = world_.warrant().text();
  std::string large = text;
  const std::size_t digit = large.find("4e4e");
  large[digit + 1] = 'E';
  const std::map<std::string, std::string> wrong = {
      {"large digits", large},
      {"title", "qorgan warrant v2" + text.substr(17)},
      {"no JSON", "qorgan warrant v1\n\n"},
      {"spaces", "qorgan warrant v1\n" + json::parse(text.substr(18)).dump(1) + "\n"},
      {"two lines", text + "\n"},
      {"more", text + "{}\n"},
      {"too long", "qorgan warrant v1\n" + std::string(limits::warrant_bytes_max, ' ') + "{}\n"}};
  for (const auto& [name, changed] : wrong) {
    EXPECT_FALSE(parse_warrant(changed)) << name;
    EXPECT_FALSE(check(sign(changed, {&world_.court, &world_.officer_0, &world_.officer_1}))) << name;
  }
}

TEST_F(WarrantTest, EveryFieldIsReadStrictly) {
  Warrant warrant = world_.warrant();
  warrant.hidden_until_s = warrant.not_after_s;
  const json whole = json::parse(warrant.text().substr(18));
  const auto parse = [](const json& object) { return parse_warrant(canonical_text("qorgan warrant v1", object)); };
  ASSERT_TRUE(parse(whole));
  for (const auto& item : whole.items()) {
    json changed = whole;
    changed.erase(item.key());
    EXPECT_EQ(parse(changed).has_value(), item.key() == "hidden_until") << item.key();
    for (const json& bad :
         {json(nullptr), json(-1), json(0), json(1.5), json(""), json(true), json::array(), json(11111)}) {
      changed[item.key()] = bad;
      EXPECT_FALSE(parse(changed)) << item.key() << " as " << bad.dump();
    }
  }
  json more = whole;
  more["more"] = 1;
  EXPECT_FALSE(parse(more));
  more = whole;
  more["scope"]["more"] = json::array();
  EXPECT_FALSE(parse(more));
  for (const json& fingers : {json{0}, json{11}, json{2, 2}, json{7, 2}, json{"2"}}) {
    more = whole;
    more["scope"]["fingers"] = fingers;
    EXPECT_FALSE(parse(more)) << fingers.dump();
  }
}

TEST_F(WarrantTest, TimesWithinReason) {
  const auto parses = [&](const std::function<void(Warrant&)>& change) {
    Warrant warrant = world_.warrant();
    change(warrant);
    return parse_warrant(warrant.text()).has_value();
  };
  EXPECT_TRUE(parses([](Warrant& w) { w.not_after_s = w.not_before_s; }));
  EXPECT_FALSE(parses([](Warrant& w) { w.not_after_s = w.not_before_s - 1; }));
  EXPECT_TRUE(parses([](Warrant& w) { w.not_after_s = w.not_before_s + limits::warrant_duration_s_max; }));
  EXPECT_FALSE(parses([](Warrant& w) { w.not_after_s = w.not_before_s + limits::warrant_duration_s_max + 1; }));
  EXPECT_FALSE(parses([](Warrant& w) { w.hidden_until_s = w.not_after_s - 1; }));
  EXPECT_TRUE(parses([](Warrant& w) { w.hidden_until_s = w.not_after_s + limits::warrant_hidden_after_s_max; }));
  EXPECT_FALSE(parses([](Warrant& w) { w.hidden_until_s = w.not_after_s + limits::warrant_hidden_after_s_max + 1; }));
}

TEST(UtcTime, IsReadAsItIsWritten) {
  for (const std::int64_t time_s : {std::int64_t{0}, kNow_s, std::int64_t{253'402'300'799}}) {
    const auto read = parse_utc_s(format_utc_s(time_s));
    ASSERT_TRUE(read) << time_s;
    EXPECT_EQ(*read, time_s);
  }
  for (const char* bad :
       {"", "2026-11-23", "2026-11-23T04:06:49", "2026-11-23T04:06:49z", "2026-02-30T00:00:00Z", "2026-11-23T24:00:00Z",
        "2026-11-23T04:60:00Z", "2026-11-23T04:06:60Z", "1969-12-31T23:59:59Z", "2026/11/23T04:06:49Z",
        "2026-11-23 04:06:49Z", "-026-11-23T04:06:49Z", "2026-13-01T00:00:00Z"})
    EXPECT_FALSE(parse_utc_s(bad)) << bad;
}

}  // namespace
}  // namespace qorgan::policy::test
