#include "net/message.h"

#include <random>
#include <thread>

#include "net/json_fields.h"
#include "tests/net/net_support.h"

namespace qorgan::net {
namespace {

using namespace qorgan::net::testing;

Message example() {
  Message message;
  message.head = {{"type", "submit"}, {"count", 3}, {"name", "Асан"}};
  message.body = {0, 1, 2, 255};
  return message;
}

Bytes frame(std::uint32_t head_bytes, std::uint32_t body_bytes, std::string_view rest = {}) {
  Bytes bytes;
  append_u32(bytes, head_bytes);
  append_u32(bytes, body_bytes);
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return bytes;
}

TEST(Message, RoundTrip) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 200; ++i) {
    Message message = example();
    message.head["i"] = i;
    message.body.resize(random() % 5000);
    for (std::uint8_t& byte : message.body) byte = static_cast<std::uint8_t>(random());
    const Result<Bytes> encoded = encode_message(message);
    ASSERT_OK(encoded);
    const Result<Message> decoded = decode_message(*encoded);
    ASSERT_OK(decoded);
    EXPECT_EQ(decoded->head, message.head);
    EXPECT_EQ(decoded->body, message.body);
  }
}

TEST(Message, FrameIsLaidOutAsDocumented) {
  Message message;
  message.head = {{"a", 1}};
  message.body = {9};
  EXPECT_EQ(to_hex(*encode_message(message)),
            "0000000700000001"
            "7b2261223a317d"
            "09");
}

TEST(Message, EveryTruncationAndEveryAdditionIsRefused) {
  const Bytes whole = *encode_message(example());
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_ERROR(decode_message(ByteView(whole).first(size)), ErrorCode::damaged);
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_ERROR(decode_message(longer), ErrorCode::damaged);
}

TEST(Message, EveryChangedByteOfTheFrameIsReadOrRefusedButNeverMisread) {
  const Bytes whole = *encode_message(example());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int flip : {0x01, 0x20, 0x80}) {
      Bytes changed = whole;
      changed[at] = static_cast<std::uint8_t>(changed[at] ^ flip);
      const Result<Message> decoded = decode_message(changed);
      if (!decoded) continue;
      // What was read says the same as the bytes that were given.
      EXPECT_EQ(decode_message(*encode_message(*decoded))->head, decoded->head);
      EXPECT_GE(at, frame_header_bytes);
    }
  }
}

TEST(Message, LengthsAreCheckedBeforeAnythingElse) {
  const auto header = [](std::uint32_t head, std::uint32_t body) {
    const Bytes bytes = frame(head, body);
    return parse_frame_header(ByteView(bytes).first<frame_header_bytes>());
  };
  EXPECT_OK(header(1, 0));
  EXPECT_OK(header(limits::message_head_bytes_max, limits::message_body_bytes_max));
  EXPECT_ERROR(header(0, 0), ErrorCode::damaged);
  EXPECT_ERROR(header(limits::message_head_bytes_max + 1, 0), ErrorCode::damaged);
  EXPECT_ERROR(header(1, limits::message_body_bytes_max + 1), ErrorCode::damaged);
  EXPECT_ERROR(header(0xffffffff, 0xffffffff), ErrorCode::damaged);
}

TEST(Message, HeadMustBeAnObjectWithoutRepeats) {
  EXPECT_ERROR(decode_message(frame(2, 0, "[]")), ErrorCode::damaged);
  EXPECT_ERROR(decode_message(frame(2, 0, "{ ")), ErrorCode::damaged);
  EXPECT_ERROR(decode_message(frame(13, 0, R"({"a":1,"a":1})")), ErrorCode::damaged);
  EXPECT_OK(decode_message(frame(2, 0, "{}")));
}

TEST(Message, WhatCannotBeSentIsSaidBeforehand) {
  Message message = example();
  message.head = Json::array();
  EXPECT_ERROR(encode_message(message), ErrorCode::invalid_input);
  message.head = {{"a", "\xff"}};
  EXPECT_ERROR(encode_message(message), ErrorCode::invalid_input);
  message.head = {{"a", std::string(limits::message_head_bytes_max, 'x')}};
  EXPECT_ERROR(encode_message(message), ErrorCode::invalid_input);
  message = example();
  message.body.resize(limits::message_body_bytes_max + 1);
  EXPECT_ERROR(encode_message(message), ErrorCode::invalid_input);
}

TEST(ErrorMessage, RoundTripOfEveryCode) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::internal); ++code) {
    const Error error{static_cast<ErrorCode>(code), "what happened", "where", "do this"};
    const std::optional<Error> read = error_of(*decode_message(*encode_message(error_message(error))));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->code, error.code);
    EXPECT_EQ(read->message(), error.message());
  }
}

TEST(ErrorMessage, OtherMessagesCarryNone) {
  EXPECT_FALSE(error_of(example()));
}

TEST(ErrorMessage, HostileTextsAreCleanedOnBothWays) {
  const std::string hostile =
      "a\x1b[31m\nb\xff"
      "c\xc2\x9b"
      "d қ";
  const std::string expected =
      "a?[31m?b\xef\xbf\xbd"
      "c?d қ";
  EXPECT_EQ(error_of(error_message({ErrorCode::refused, hostile, hostile, hostile}))->what, expected);
  Message message;
  message.head["error"] = {{"code", "refused"},
                           {"what",
                            "a\x1b"
                            "b"},
                           {"where", 3}};
  EXPECT_EQ(error_of(message)->what, "a?b");
  EXPECT_EQ(error_of(message)->where, "");
}

TEST(ErrorMessage, LongTextsAreCutBetweenCharacters) {
  for (const char* start : {"", "a"}) {
    std::string text = start;
    while (text.size() < 2 * limits::error_text_bytes_max) text += "қ";
    const std::string read =
        error_of(*decode_message(*encode_message(error_message({ErrorCode::busy, text, "", ""}))))->what;
    EXPECT_LE(read.size(), limits::error_text_bytes_max);
    EXPECT_GE(read.size(), limits::error_text_bytes_max - 1);
    EXPECT_EQ(text.rfind(read, 0), 0u);
  }
}

TEST(ErrorMessage, OneThatCannotBeReadIsDamagedAndUnknownCodesAreInternal) {
  for (const Json& error :
       {Json(1), Json::object(), Json{{"code", "busy"}}, Json{{"what", "x"}}, Json{{"code", 1}, {"what", "x"}}}) {
    Message message;
    message.head["error"] = error;
    EXPECT_EQ(error_of(message)->code, ErrorCode::damaged) << error;
  }
  Message message;
  message.head["error"] = {{"code", "from_the_future"}, {"what", "x"}};
  EXPECT_EQ(error_of(message)->code, ErrorCode::internal);
}

TEST(Messages, OverAConnection) {
  Pair pair = connect_pair();
  Message sent = example();
  sent.body.assign(limits::message_body_bytes_max, 7);
  std::thread sender([&] { EXPECT_OK(pair.client.send(sent, plenty())); });
  const Result<Message> got = pair.server.receive(plenty());
  sender.join();
  ASSERT_OK(got);
  EXPECT_EQ(got->head, sent.head);
  EXPECT_EQ(got->body, sent.body);
}

TEST(Messages, OneThatCannotBeSentLeavesTheConnectionUnharmed) {
  Pair pair = connect_pair();
  Message wrong = example();
  wrong.head = 5;
  EXPECT_ERROR(pair.client.send(wrong, plenty()), ErrorCode::invalid_input);
  EXPECT_OK(pair.client.send(example(), plenty()));
  EXPECT_OK(pair.server.receive(plenty()));
}

TEST(Messages, OversizeIsDamagedAndTheSenderCanStillBeTold) {
  Pair pair = connect_pair();
  EXPECT_OK(pair.client.write_raw(frame(0x7fffffff, 0), plenty()));
  EXPECT_ERROR(pair.server.receive(plenty()), ErrorCode::damaged);
  EXPECT_ERROR(pair.server.receive(plenty()), ErrorCode::unavailable);
  EXPECT_OK(pair.server.send(error_message({ErrorCode::damaged, "too long", "", ""}), plenty()));
  EXPECT_EQ(error_of(*pair.client.receive(plenty()))->what, "too long");
}

TEST(Messages, SmallerLimitsHold) {
  Pair pair = connect_pair();
  EXPECT_OK(pair.client.send(example(), plenty()));
  EXPECT_ERROR(pair.server.receive(plenty(), {8, 100}), ErrorCode::damaged);
}

TEST(Messages, HalfAMessageThenTheEndIsUnavailable) {
  const Bytes whole = *encode_message(example());
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{8}, std::size_t{20}, whole.size() - 1}) {
    Pair pair = connect_pair();
    EXPECT_OK(pair.client.write_raw(ByteView(whole).first(size), plenty()));
    { const Connection gone = std::move(pair.client); }
    EXPECT_ERROR(pair.server.receive(plenty()), ErrorCode::unavailable);
  }
}

}  // namespace
}  // namespace qorgan::net
