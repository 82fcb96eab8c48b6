#include "net/json_fields.h"

#include <limits>
#include <random>

#include "base/limits.h"
#include "tests/net/net_support.h"

namespace qorgan::net {
namespace {

using namespace qorgan::net::testing;

std::string nested(int depth) {
  std::string text = R"({"a":)";
  for (int i = 1; i < depth; ++i) text += '[';
  text += '1';
  for (int i = 1; i < depth; ++i) text += ']';
  return text + '}';
}

std::string reason(std::string_view text) {
  const Result<Json> parsed = parse_json_object(text);
  return parsed ? "parsed" : parsed.error().what;
}

TEST(ParseJson, AcceptsAnObject) {
  const Result<Json> parsed = parse_json_object(R"( {"a": [1, -2, 2.5, "x", true, null, {"a": {}}], "b": "қорған"} )");
  ASSERT_OK(parsed);
  EXPECT_EQ((*parsed)["a"].size(), 7u);
  EXPECT_EQ((*parsed)["b"], "қорған");
}

TEST(ParseJson, RefusesWhatIsNotOneObject) {
  for (const char* text : {"",
                           " ",
                           "[]",
                           "1",
                           "null",
                           "\"a\"",
                           "{",
                           "}",
                           "{}{}",
                           "{} x",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "// note\n{}",
                           "{'a':1}",
                           "{\"a\":01}",
                           "{\"a\":NaN}",
                           "{\"a\":1e999}",
                           "{\"a\":\"\xff\"}",
                           "{\"a\":\"\xed\xa0\x80\"}",
                           "{\"a\":\"\\ud800\"}",
                           "{\"a\":\"\n\"}"})
    EXPECT_ERROR(parse_json_object(text), ErrorCode::invalid_input);
}

TEST(ParseJson, RefusesTheSameNameTwice) {
  EXPECT_EQ(reason(R"({"a":1,"a":1})"), "a JSON object has the same name twice");
  EXPECT_EQ(reason(R"({"b":{"a":1,"b":[],"a":2}})"), "a JSON object has the same name twice");
  EXPECT_EQ(reason(R"({"a":{"a":{"a":1}},"b":{"a":1}})"), "parsed");
  // The same name, written otherwise.
  EXPECT_EQ(reason(R"({"a":1,"\u0061":2})"), "a JSON object has the same name twice");
}

TEST(ParseJson, RefusesDeeperNestingThanTheLimit) {
  EXPECT_EQ(reason(nested(limits::json_depth_max)), "parsed");
  EXPECT_EQ(reason(nested(limits::json_depth_max + 1)), "a JSON text is nested deeper than 16");
  EXPECT_EQ(reason(nested(1'000'000)), "a JSON text is nested deeper than 16");
}

TEST(ParseJson, RefusesMoreValuesThanTheLimit) {
  const auto list = [](std::size_t values) {
    std::string text = R"({"a":[0)";
    // The object, the list and its first number are three of them.
    for (std::size_t i = 3; i < values; ++i) text += ",0";
    return text + "]}";
  };
  EXPECT_EQ(reason(list(limits::json_values_max)), "parsed");
  EXPECT_EQ(reason(list(limits::json_values_max + 1)), "a JSON text holds more than 100000 values");
}

// A value of a random shape, and the same value read back from its text.
Json random_json(std::mt19937& random, int depth) {
  switch (std::uniform_int_distribution(0, depth > 0 ? 6 : 4)(random)) {
    case 0:
      return nullptr;
    case 1:
      return random() % 2 == 0;
    case 2:
      return std::uniform_int_distribution<std::int64_t>(std::numeric_limits<std::int64_t>::min())(random);
    case 3:
      return static_cast<double>(random()) / 3;
    case 4:
      return "t\"\\\n" + std::to_string(random()) + "ұ";
    case 5: {
      Json list = Json::array();
      for (unsigned i = random() % 4; i > 0; --i) list.push_back(random_json(random, depth - 1));
      return list;
    }
    default: {
      Json object = Json::object();
      for (unsigned i = random() % 4; i > 0; --i) object[std::to_string(random() % 9)] = random_json(random, depth - 1);
      return object;
    }
  }
}

TEST(ParseJson, ReadsWhatWasWritten) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 500; ++i) {
    const Json object = {{"value", random_json(random, 6)}, {"other", random_json(random, 6)}};
    const Result<Json> parsed = parse_json_object(object.dump());
    ASSERT_OK(parsed);
    ASSERT_EQ(*parsed, object);
    // Integers stay integers.
    ASSERT_EQ(parsed->dump(), object.dump());
  }
}

TEST(ParseJson, EveryTruncationIsRefused) {
  const std::string whole = R"({"a":[1,{"b":"x\u00e9"}],"c":false})";
  ASSERT_EQ(reason(whole), "parsed");
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_NE(reason(whole.substr(0, size)), "parsed") << size;
}

TEST(Fields, TextIsCheckedForTypeLengthAndControlCharacters) {
  const Json object = {{"t", "жол"},
                       {"n", 1},
                       {"esc", "a\x1b[2J"},
                       {"nul", std::string("a\0b", 3)},
                       {"c1",
                        "a\xc2\x9b"
                        "b"},
                       {"line", "a\nb"},
                       {"del", "\x7f"},
                       {"nbsp", "\xc2\xa0"}};
  EXPECT_EQ(text_field(object, "t", 6).value(), "жол");
  EXPECT_EQ(text_field(object, "nbsp", 2).value(), "\xc2\xa0");
  EXPECT_ERROR(text_field(object, "t", 5), ErrorCode::invalid_input);
  for (const char* name : {"n", "esc", "nul", "c1", "line", "del", "missing"}) {
    const auto field = text_field(object, name, 100);
    EXPECT_ERROR(field, ErrorCode::invalid_input);
    EXPECT_EQ(field.error().where, name);
  }
}

TEST(Fields, NumbersAreWholeAndInRange) {
  const Result<Json> object = parse_json_object(
      R"({"a":5,"neg":-5,"float":5.0,"exp":5e0,"text":"5","yes":true,"null":null,
          "max":9223372036854775807,"over":9223372036854775808,"huge":18446744073709551615,
          "min":-9223372036854775808,"under":-9223372036854775809})");
  ASSERT_OK(object);
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(int_field(*object, "a", 5, 5).value(), 5);
  EXPECT_EQ(int_field(*object, "neg", -5, -5).value(), -5);
  EXPECT_EQ(int_field(*object, "max", 0, kMax).value(), kMax);
  EXPECT_EQ(int_field(*object, "min", kMin, 0).value(), kMin);
  EXPECT_ERROR(int_field(*object, "a", 6, 9), ErrorCode::invalid_input);
  EXPECT_ERROR(int_field(*object, "a", 0, 4), ErrorCode::invalid_input);
  for (const char* name : {"float", "exp", "text", "yes", "null", "over", "huge", "under", "missing"})
    EXPECT_ERROR(int_field(*object, name, kMin, kMax), ErrorCode::invalid_input);
}

TEST(Fields, HexHasItsExactLength) {
  const Json object = {{"h", "00ffAb"}, {"odd", "00f"}, {"other", "00fg"}, {"long", "00ffab00"}, {"n", 7}};
  EXPECT_EQ(hex_field<3>(object, "h").value(), (std::array<std::uint8_t, 3>{0, 255, 0xab}));
  EXPECT_EQ(hex_bytes_field(object, "h", 10).value().size(), 3u);
  EXPECT_ERROR(hex_field<2>(object, "h"), ErrorCode::invalid_input);
  EXPECT_ERROR(hex_field<4>(object, "h"), ErrorCode::invalid_input);
  for (const char* name : {"odd", "other", "n", "missing"}) {
    const auto field = hex_field<2>(object, name);
    EXPECT_ERROR(field, ErrorCode::invalid_input);
    EXPECT_EQ(field.error().where, name);
  }
}

TEST(Fields, OptionalOnesMayBeMissingAndNothingElse) {
  const Json object = {{"t", "x"}, {"n", 3}, {"b", true}, {"h", "0011"}, {"null", nullptr}};
  EXPECT_EQ(optional_text_field(object, "t", 9).value(), "x");
  EXPECT_EQ(optional_int_field(object, "n", 0, 9).value(), 3);
  EXPECT_EQ(optional_bool_field(object, "b").value(), true);
  EXPECT_TRUE(optional_hex_field<2>(object, "h").value().has_value());
  EXPECT_EQ(optional_text_field(object, "no", 9).value(), std::nullopt);
  EXPECT_EQ(optional_int_field(object, "no", 0, 9).value(), std::nullopt);
  EXPECT_EQ(optional_bool_field(object, "no").value(), std::nullopt);
  EXPECT_EQ(optional_hex_field<2>(object, "no").value(), std::nullopt);
  EXPECT_ERROR(optional_text_field(object, "null", 9), ErrorCode::invalid_input);
  EXPECT_ERROR(optional_int_field(object, "n", 4, 9), ErrorCode::invalid_input);
  EXPECT_ERROR(optional_bool_field(object, "n"), ErrorCode::invalid_input);
  EXPECT_ERROR(optional_hex_field<3>(object, "h"), ErrorCode::invalid_input);
}

TEST(Fields, ObjectsAndLists) {
  const Json object = {{"o", {{"a", 1}}}, {"l", {1, 2, 3}}};
  EXPECT_EQ((*object_field(object, "o").value())["a"], 1);
  EXPECT_EQ(array_field(object, "l", 3).value()->size(), 3u);
  EXPECT_ERROR(array_field(object, "l", 2), ErrorCode::invalid_input);
  EXPECT_ERROR(array_field(object, "o", 9), ErrorCode::invalid_input);
  EXPECT_ERROR(object_field(object, "l"), ErrorCode::invalid_input);
}

TEST(Fields, SomethingThatIsNoObjectHasNone) {
  for (const Json& other : {Json(nullptr), Json(3), Json("a"), Json::array({1})}) {
    EXPECT_ERROR(text_field(other, "a", 9), ErrorCode::invalid_input);
    EXPECT_ERROR(int_field(other, "a", 0, 9), ErrorCode::invalid_input);
    EXPECT_EQ(optional_bool_field(other, "a").value(), std::nullopt);
  }
}

}  // namespace
}  // namespace qorgan::net
