#include "net/message.h"

#include <fmt/format.h>

#include "net/json_fields.h"

namespace qorgan::net {
namespace {

tl::unexpected<Error> damaged(std::string what) {
  return failure(ErrorCode::damaged, std::move(what));
}

Result<std::string> head_text(const nlohmann::json& head) {
  if (!head.is_object()) return failure(ErrorCode::invalid_input, "a message's head is not a JSON object");
  try {
    return head.dump();
  } catch (const nlohmann::json::exception&) {
    return failure(ErrorCode::invalid_input, "a message holds text that is not UTF-8");
  }
}

}  // namespace

Result<FrameSizes> parse_frame_header(std::span<const std::uint8_t, frame_header_bytes> header,
                                      const MessageLimits& max) {
  const FrameSizes sizes{read_u32(header.first<4>()), read_u32(header.last<4>())};
  if (sizes.head_bytes == 0) return damaged("a message has no head");
  if (sizes.head_bytes > max.head_bytes_max)
    return damaged(fmt::format("a message's head of {} bytes exceeds {}", sizes.head_bytes, max.head_bytes_max));
  if (sizes.body_bytes > max.body_bytes_max)
    return damaged(fmt::format("a message's body of {} bytes exceeds {}", sizes.body_bytes, max.body_bytes_max));
  return sizes;
}

Result<Bytes> encode_frame_start(const Message& message, const MessageLimits& max) {
  QORGAN_TRY(const std::string head, head_text(message.head));
  if (head.size() > max.head_bytes_max || message.body.size() > max.body_bytes_max)
    return failure(ErrorCode::invalid_input, fmt::format("a message of {} and {} bytes exceeds {} and {}", head.size(),
                                                         message.body.size(), max.head_bytes_max, max.body_bytes_max));
  Bytes start;
  start.reserve(frame_header_bytes + head.size());
  append_u32(start, static_cast<std::uint32_t>(head.size()));
  append_u32(start, static_cast<std::uint32_t>(message.body.size()));
  start.insert(start.end(), head.begin(), head.end());
  return start;
}

Result<Bytes> encode_message(const Message& message, const MessageLimits& max) {
  QORGAN_TRY(Bytes frame, encode_frame_start(message, max));
  frame.insert(frame.end(), message.body.begin(), message.body.end());
  return frame;
}

Result<nlohmann::json> decode_head(ByteView head) {
  Result<Json> object = parse_json_object({reinterpret_cast<const char*>(head.data()), head.size()});
  if (!object) return damaged("a message's head cannot be read: " + object.error().what);
  return object;
}

Result<Message> decode_message(ByteView frame, const MessageLimits& max) {
  if (frame.size() < frame_header_bytes) return damaged("a message is cut short");
  QORGAN_TRY(const FrameSizes sizes, parse_frame_header(frame.first<frame_header_bytes>(), max));
  const ByteView rest = frame.subspan(frame_header_bytes);
  if (rest.size() != sizes.head_bytes + sizes.body_bytes) return damaged("a message is not as long as it says");
  Message message;
  QORGAN_TRY(message.head, decode_head(rest.first(sizes.head_bytes)));
  const ByteView body = rest.subspan(sizes.head_bytes);
  message.body.assign(body.begin(), body.end());
  return message;
}

}  // namespace qorgan::net
