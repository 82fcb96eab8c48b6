#include "policy/purpose.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "base/limits.h"
#include "tests/support/source_folder.h"
#include "tests/support/temp_folder.h"

namespace qorgan::policy {
namespace {

using nlohmann::json;

const std::filesystem::path kFolder = qorgan::test::source_folder() / "content/purposes";

json first_json() {
  return to_json(shipped_purposes().front());
}

TEST(ShippedPurposes, AreThoseOfTheFolder) {
  const auto read = load_purposes(kFolder);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, shipped_purposes());
}

TEST(ShippedPurposes, HaveThoseThatTheCommandsAskFor) {
  std::set<std::string> ids;
  for (const Purpose& purpose : shipped_purposes()) EXPECT_TRUE(ids.insert(purpose.id).second) << purpose.id;
  for (const char* id : {"enrolment", "verification", "identification", "erasure", "own-request", "deduplication"})
    EXPECT_TRUE(ids.count(id)) << id;
}

bool has_cyrillic(const std::string& text) {
  return text.find('\xd0') != std::string::npos || text.find('\xd1') != std::string::npos;
}

TEST(ShippedPurposes, SayEverythingInThreeLanguages) {
  std::set<std::string> names;
  for (const Purpose& purpose : shipped_purposes()) {
    for (const Words& words : {purpose.name, purpose.what, purpose.basis.words, purpose.basis.source}) {
      EXPECT_NE(words.kk, words.ru) << purpose.id;
      EXPECT_NE(words.kk, words.en) << purpose.id;
      EXPECT_NE(words.ru, words.en) << purpose.id;
      EXPECT_TRUE(has_cyrillic(words.kk) && has_cyrillic(words.ru)) << purpose.id;
      EXPECT_FALSE(has_cyrillic(words.en)) << purpose.id;
    }
    for (const std::string& name : {purpose.name.kk, purpose.name.ru, purpose.name.en})
      EXPECT_TRUE(names.insert(name).second) << name;
  }
}

// Nobody is searched for among all without a warrant, and nothing is hidden without one.
TEST(ShippedPurposes, SearchWithAWarrantOrForOneBit) {
  for (const Purpose& purpose : shipped_purposes()) {
    EXPECT_TRUE(!purpose.allows(Operation::identify) || purpose.needs_warrant || purpose.one_bit) << purpose.id;
    EXPECT_TRUE(!purpose.hidden_allowed || purpose.needs_warrant) << purpose.id;
    EXPECT_TRUE(!purpose.overrides_lock || purpose.basis.kind == BasisKind::law) << purpose.id;
  }
}

TEST(Purpose, ComesBackFromItsJsonForm) {
  for (const Purpose& purpose : shipped_purposes()) {
    const auto read = purpose_from_json(to_json(purpose));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(*read, purpose);
    EXPECT_EQ(read->digest(), purpose.digest());
  }
}

TEST(Purpose, EveryFieldCountsInTheDigest) {
  const Purpose original = shipped_purposes().front();
  std::set<crypto::Digest> digests = {original.digest()};
  const auto expect_new = [&](auto change) {
    Purpose changed = original;
    change(changed);
    EXPECT_TRUE(digests.insert(changed.digest()).second) << digests.size();
  };
  expect_new([](Purpose& p) { p.id += "x"; });
  expect_new([](Purpose& p) { ++p.version; });
  expect_new([](Purpose& p) { p.name.kk += "x"; });
  expect_new([](Purpose& p) { p.what.ru += "x"; });
  expect_new([](Purpose& p) { p.basis.id += "x"; });
  expect_new([](Purpose& p) { p.basis.kind = p.basis.kind == BasisKind::law ? BasisKind::consent : BasisKind::law; });
  expect_new([](Purpose& p) { p.basis.words.en += "x"; });
  expect_new([](Purpose& p) { p.basis.source.kk += "x"; });
  expect_new([](Purpose& p) { p.operations.push_back(Operation::unlock); });
  expect_new([](Purpose& p) { p.who.push_back(PartyKind::trial); });
  expect_new([](Purpose& p) { p.needs_warrant = !p.needs_warrant; });
  expect_new([](Purpose& p) { p.one_bit = !p.one_bit; });
  expect_new([](Purpose& p) { p.overrides_lock = !p.overrides_lock; });
  expect_new([](Purpose& p) { p.hidden_allowed = !p.hidden_allowed; });
  expect_new([](Purpose& p) { ++p.quotas.desk_per_minute; });
  expect_new([](Purpose& p) { ++p.quotas.desk_per_day; });
  expect_new([](Purpose& p) { ++p.quotas.operator_per_minute; });
  expect_new([](Purpose& p) { ++p.quotas.operator_per_day; });
  expect_new([](Purpose& p) { ++p.retention_days; });
}

// Every field of every object: left out, one too many, of another type.
void expect_strict(const json& whole, const json::json_pointer& place) {
  const json& object = whole.at(place);
  for (const auto& item : object.items()) {
    json changed = whole;
    changed.at(place).erase(item.key());
    EXPECT_FALSE(purpose_from_json(changed)) << item.key() << " left out";
    for (const json& wrong : {json(nullptr), json(-1), json(1.5), json(""), json::array({json::object()})}) {
      changed = whole;
      changed.at(place)[item.key()] = wrong;
      EXPECT_FALSE(purpose_from_json(changed)) << item.key() << " as " << wrong.dump();
    }
    if (item.value().is_object()) expect_strict(whole, place / item.key());
  }
  json more = whole;
  more.at(place)["more"] = 1;
  const auto read = purpose_from_json(more);
  ASSERT_FALSE(read) << place;
  EXPECT_EQ(read.error().code, ErrorCode::invalid_input);
  EXPECT_NE(read.error().where.find("more"), std::string::npos) << read.error().message();
}

TEST(Purpose, IsReadStrictly) {
  expect_strict(first_json(), json::json_pointer());
}

TEST(Purpose, RefusesWhatNoPurposeMayBe) {
  const auto refuses = [](const char* id, auto change) {
    json object;
    for (const Purpose& purpose : shipped_purposes())
      if (purpose.id == id) object = to_json(purpose);
    ASSERT_TRUE(purpose_from_json(object));
    change(object);
    EXPECT_FALSE(purpose_from_json(object)) << object.dump();
  };
  refuses("identification", [](json& o) { o["needs_warrant"] = false; });
  refuses("deduplication", [](json& o) { o["one_bit"] = false; });
  refuses("deduplication", [](json& o) { o["operations"] = {"verify"}; });
  refuses("verification", [](json& o) { o["hidden_allowed"] = true; });
  refuses("verification", [](json& o) { o["retention_days"] = 1; });
  refuses("own-request", [](json& o) { o["who"] = {"bank", "subject"}; });
  refuses("erasure", [](json& o) { o["operations"] = {"withdraw", "erase"}; });
  refuses("erasure", [](json& o) { o["operations"] = {"erase", "erase"}; });
  refuses("erasure", [](json& o) { o["operations"] = json::array(); });
  refuses("erasure", [](json& o) { o["operations"] = {"export"}; });
  refuses("enrolment", [](json& o) { o["quotas"]["desk_per_day"] = 0; });
  refuses("enrolment", [](json& o) { o["quotas"]["desk_per_day"] = limits::quota_max + 1; });
  refuses("enrolment", [](json& o) { o["retention_days"] = limits::retention_days_max + 1; });
  refuses("enrolment", [](json& o) { o["what"]["kk"] = "   "; });
  refuses("enrolment", [](json& o) { o["what"]["kk"] = std::string(limits::purpose_words_bytes_max + 1, 'x'); });
  refuses("enrolment", [](json& o) { o["basis"]["kind"] = "habit"; });
}

TEST(Purpose, LongerThanAnybodyReadsIsRefused) {
  const std::string text = first_json().dump();
  EXPECT_TRUE(parse_purpose(text));
  EXPECT_FALSE(parse_purpose(text + std::string(limits::purpose_bytes_max, ' ')));
}

TEST(PurposeId, IsOfSmallLettersDigitsAndSingleHyphens) {
  for (const char* good : {"a", "enrolment-document", "a1-2"}) EXPECT_TRUE(is_id(good)) << good;
  for (const char* bad : {"", "-a", "a-", "a--b", "A", "1a", "a b", "a_b", "a\n", "\xd0\xb0"})
    EXPECT_FALSE(is_id(bad)) << bad;
  EXPECT_TRUE(is_id(std::string(limits::policy_id_bytes_max, 'a')));
  EXPECT_FALSE(is_id(std::string(limits::policy_id_bytes_max + 1, 'a')));
}

TEST(PurposeFolder, NamesTheFileThatIsWrong) {
  const qorgan::test::TempFolder folder;
  EXPECT_FALSE(load_purposes(folder.path() / "absent"));
  EXPECT_FALSE(load_purposes(folder.path()));
  std::ofstream(folder.path() / "other.json") << first_json().dump();
  const auto misnamed = load_purposes(folder.path());
  ASSERT_FALSE(misnamed);
  EXPECT_NE(misnamed.error().where.find("other.json"), std::string::npos);
  std::filesystem::rename(folder.path() / "other.json", folder.path() / (shipped_purposes().front().id + ".json"));
  EXPECT_TRUE(load_purposes(folder.path()));
  std::ofstream(folder.path() / "broken.json") << "{";
  const auto broken = load_purposes(folder.path());
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().where.find("broken.json"), std::string::npos);
}

}  // namespace
}  // namespace qorgan::policy
