// Control messages: one JSON object and some raw bytes, in a frame.
//
// A frame is: length of the head in bytes (4, big-endian), length of the body in bytes (4, big-endian), the head (one
// JSON object, UTF-8), the body.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"

namespace qorgan::net {

inline constexpr std::size_t frame_header_bytes = 8;

struct Message {
  nlohmann::json head = nlohmann::json::object();
  Bytes body;
};

struct MessageLimits {
  std::size_t head_bytes_max = limits::message_head_bytes_max;
  std::size_t body_bytes_max = limits::message_body_bytes_max;
};

struct FrameSizes {
  std::size_t head_bytes = 0;
  std::size_t body_bytes = 0;
};

// Reads the two lengths and checks them, before anything is allocated for them. damaged: a length above its limit, or
// an empty head.
Result<FrameSizes> parse_frame_header(std::span<const std::uint8_t, frame_header_bytes> header,
                                      const MessageLimits& max = {});
// The frame's header and head; the body follows on its own, so that it need not be copied. invalid_input: the head is
// not an object, holds text that is not UTF-8, or head or body exceed the limits: a defect at this end.
Result<Bytes> encode_frame_start(const Message& message, const MessageLimits& max = {});
// One whole frame.
Result<Bytes> encode_message(const Message& message, const MessageLimits& max = {});
// Exactly one frame from `frame`. damaged: cut short, followed by more, a length above its limit, or a head that
// parse_json_object refuses.
Result<Message> decode_message(ByteView frame, const MessageLimits& max = {});
// The head's bytes to JSON; damaged as above.
Result<nlohmann::json> decode_head(ByteView head);

// {"error": {"code", "what", "where", "remedy"}}: how a failure travels. Texts are cut at limits::error_text_bytes_max,
// and what is not UTF-8 or is a control character is replaced, on sending as on receiving.
Message error_message(const Error& error);
// The error that a message carries; nothing where it carries none. An error that cannot be read is an Error `damaged`.
std::optional<Error> error_of(const Message& message);

}  // namespace qorgan::net
