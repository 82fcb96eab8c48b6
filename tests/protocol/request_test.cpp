#include "protocol/request.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "crypto/random.h"
#include "net/json_fields.h"

namespace qorgan::protocol {
namespace {

using nlohmann::json;

Request make(Kind kind) {
  Request request;
  request.id = *parse_request_id("0123456789abcdef0123456789abcdef");
  request.kind = kind;
  request.desk = "Kordai";
  request.operator_name = "Anna";
  request.purpose = "passport";
  if (kind > Kind::erase) {
    // What no desk asks: by the subject, and an expiry by the coordinator.
    request = Request{};
    request.id = *parse_request_id("0123456789abcdef0123456789abcdef");
    request.kind = kind;
    request.asker = kind == Kind::expire ? Asker::custodian : Asker::subject;
    request.record.fill(0x5b);
    if (request.asker == Asker::subject) request.signed_request = "signed";
    return request;
  }
  if (request.has_subject()) request.subject.fill(0x5a);
  if (has_prints(kind)) request.fingers = {2, 7};
  if (kind == Kind::enrol) {
    request.access_key.fill(0x11);
    request.view_commitment.fill(0x22);
  }
  return request;
}

class EachKind : public testing::TestWithParam<Kind> {};

TEST_P(EachKind, ComesBackFromItsJsonForm) {
  const Request request = make(GetParam());
  const auto read = request_from_json(to_json(request));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(to_json(*read), to_json(request));
  EXPECT_EQ(read->digest(), request.digest());
  EXPECT_EQ(read->record_id(), request.record_id());
}

TEST_P(EachKind, AFieldTooManyIsRefused) {
  json object = to_json(make(GetParam()));
  object["priority"] = 1;
  const auto read = request_from_json(object);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::invalid_input);
  EXPECT_EQ(read.error().where, "priority");
}

TEST_P(EachKind, AFieldTooFewIsRefused) {
  const json whole = to_json(make(GetParam()));
  for (const auto& item : whole.items()) {
    json object = whole;
    object.erase(item.key());
    EXPECT_FALSE(request_from_json(object)) << item.key();
  }
}

TEST_P(EachKind, AFieldOfAnotherTypeIsRefused) {
  const json whole = to_json(make(GetParam()));
  for (const auto& item : whole.items()) {
    for (const json& wrong :
         {json(nullptr), json(true), json(-1), json(1.5), json("x"), json::object(), json::array({json::array()})}) {
      json object = whole;
      object[item.key()] = wrong;
      // Any text does for a name; nothing else passes for what it is not.
      const bool a_name = wrong == "x" && (item.key() == "desk" || item.key() == "operator" ||
                                           item.key() == "purpose" || item.key() == "signed");
      EXPECT_EQ(request_from_json(object).has_value(), a_name) << item.key() << " as " << wrong.dump();
    }
  }
}

// What a custodian is sent may end anywhere.
TEST_P(EachKind, CutShortAnywhereItIsNoJson) {
  const std::string text = to_json(make(GetParam())).dump();
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(net::parse_json_object(std::string_view(text).substr(0, size))) << size;
  EXPECT_TRUE(net::parse_json_object(text));
}

TEST_P(EachKind, EveryFieldCountsInTheDigest) {
  const Request original = make(GetParam());
  Request changed = original;
  changed.id[15] ^= 1;
  EXPECT_NE(changed.digest(), original.digest());
  if (original.asker == Asker::desk) {
    changed = original;
    changed.desk += " ";
    EXPECT_NE(changed.digest(), original.digest());
    changed = original;
    changed.operator_name = original.purpose;
    changed.purpose = original.operator_name;
    EXPECT_NE(changed.digest(), original.digest());
  } else {
    changed = original;
    changed.record[3] ^= 1;
    EXPECT_NE(changed.digest(), original.digest());
  }
  if (original.asker == Asker::subject) {
    changed = original;
    changed.signed_request += " ";
    EXPECT_NE(changed.digest(), original.digest());
  }
  if (original.kind == Kind::enrol) {
    changed = original;
    changed.access_key[0] ^= 1;
    EXPECT_NE(changed.digest(), original.digest());
    changed = original;
    changed.view_commitment[31] ^= 1;
    EXPECT_NE(changed.digest(), original.digest());
  }
  if (original.kind == Kind::identify) {
    changed = original;
    changed.warrant = "a warrant\n";
    EXPECT_NE(changed.digest(), original.digest());
  }
  if (original.has_subject()) {
    changed = original;
    changed.subject[0] ^= 1;
    EXPECT_NE(changed.digest(), original.digest());
  }
  if (has_prints(original.kind)) {
    changed = original;
    changed.fingers = {2, 8};
    EXPECT_NE(changed.digest(), original.digest());
  }
  for (const Kind other : {Kind::enrol, Kind::verify, Kind::identify, Kind::erase, Kind::lock, Kind::unlock}) {
    if (other == original.kind) continue;
    changed = original;
    changed.kind = other;
    EXPECT_NE(changed.digest(), original.digest());
  }
}

INSTANTIATE_TEST_SUITE_P(Request, EachKind,
                         testing::Values(Kind::enrol, Kind::verify, Kind::identify, Kind::erase, Kind::withdraw,
                                         Kind::lock, Kind::unlock, Kind::expire),
                         [](const auto& kind) { return std::string(kind_name(kind.param)); });

TEST(Request, FingersRiseFromOneToTen) {
  json object = to_json(make(Kind::verify));
  for (const json& good : {json{1}, json{10}, json{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}) {
    object["fingers"] = good;
    EXPECT_TRUE(request_from_json(object)) << good.dump();
  }
  for (const json& bad : {json::array(), json{0}, json{11}, json{-1}, json{2, 1}, json{3, 3}, json{1, 2, 2}, json{2.0},
                          json{"2"}, json{true}, json{nullptr}, json{4294967297}, json{18446744073709551615U}}) {
    object["fingers"] = bad;
    EXPECT_FALSE(request_from_json(object)) << bad.dump();
  }
}

TEST(Request, AComparisonMaySayHowLongItMayTake) {
  for (const Kind kind : {Kind::verify, Kind::identify}) {
    Request request = make(kind);
    EXPECT_EQ(request.time_allowed_ms(), default_timeout_ms(kind));
    EXPECT_FALSE(to_json(request).contains("timeout_ms"));
    const crypto::Digest without = request.digest();
    request.timeout_ms = 1234;
    EXPECT_EQ(request.time_allowed_ms(), 1234);
    EXPECT_NE(request.digest(), without);
    const auto read = request_from_json(to_json(request));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->timeout_ms, 1234);
    json object = to_json(request);
    for (const json& bad : {json(0), json(-1), json(default_timeout_ms(kind) + 1), json(1.0), json("1"), json(nullptr),
                            json(4294967297), json(18446744073709551615U)}) {
      object["timeout_ms"] = bad;
      EXPECT_FALSE(request_from_json(object)) << bad.dump();
    }
  }
  for (const Kind kind : {Kind::enrol, Kind::erase}) {
    json object = to_json(make(kind));
    object["timeout_ms"] = 1000;
    EXPECT_FALSE(request_from_json(object));
  }
}

TEST(Request, OnlyWhatTheKindHas) {
  json search = to_json(make(Kind::identify));
  search["subject"] = std::string(64, 'a');
  EXPECT_FALSE(request_from_json(search));
  json erasure = to_json(make(Kind::erase));
  erasure["fingers"] = {1};
  EXPECT_FALSE(request_from_json(erasure));
  json other = to_json(make(Kind::erase));
  other["kind"] = "delete";
  EXPECT_FALSE(request_from_json(other));
}

TEST(Request, NamesAreThereAndShortAndPlain) {
  for (const char* field : {"operator", "purpose"}) {
    json object = to_json(make(Kind::erase));
    object[field] = "";
    EXPECT_FALSE(request_from_json(object)) << field;
    object[field] = std::string(limits::name_bytes_max, 'x');
    EXPECT_TRUE(request_from_json(object)) << field;
    object[field] = std::string(limits::name_bytes_max + 1, 'x');
    EXPECT_FALSE(request_from_json(object)) << field;
    object[field] = "two\nlines";
    EXPECT_FALSE(request_from_json(object)) << field;
  }
}

TEST(RequestId, HoldsItsTime) {
  Request request;
  request.id = make_request_id(0x0123456789ab);
  EXPECT_EQ(created_ms(request.id), 0x0123456789ab);
  EXPECT_NE(make_request_id(7), make_request_id(7));
}

TEST(RequestId, IsThirtyTwoHexadecimalDigits) {
  EXPECT_TRUE(parse_request_id("ABCDEFabcdef00112233445566778899"));
  for (const char* text : {"", "00", "0123456789abcdef0123456789abcdeg", "0123456789abcdef0123456789abcdef00",
                           " 123456789abcdef0123456789abcdef", "0x23456789abcdef0123456789abcdef"})
    EXPECT_FALSE(parse_request_id(text)) << text;
}

// Another implementation must come to the same: SHA-256 of "qorgan record v1\n" and the id.
TEST(RequestId, GivesTheRecordItsName) {
  Request request;
  request.id = *parse_request_id("00000000000000000000000000000000");
  const RecordId zero = request.record_id();
  Bytes input(as_bytes("qorgan record v1\n").begin(), as_bytes("qorgan record v1\n").end());
  input.resize(input.size() + 16);
  const crypto::Digest digest = crypto::sha256(input);
  EXPECT_TRUE(std::equal(zero.begin(), zero.end(), digest.begin()));
}

}  // namespace
}  // namespace qorgan::protocol
