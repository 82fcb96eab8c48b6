#include "protocol/request.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "crypto/random.h"
#include "net/json_fields.h"

namespace qorgan::protocol {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 4> kKindNames = {"enrol", "verify", "identify", "erase"};

Status check_known_fields(const json& object) {
  constexpr std::array<std::string_view, 8> kKnown = {"id",      "kind",    "desk",    "operator",
                                                      "purpose", "subject", "fingers", "timeout_ms"};
  for (const auto& item : object.items())
    if (std::find(kKnown.begin(), kKnown.end(), item.key()) == kKnown.end())
      return failure(ErrorCode::invalid_input, "a request has a field that is not known here", item.key());
  return {};
}

Result<std::vector<int>> read_fingers(const json& object, Kind kind) {
  const auto found = object.find("fingers");
  if (found == object.end() || !found->is_array())
    return failure(ErrorCode::invalid_input, "a request has no list of fingers", "fingers");
  std::vector<int> fingers;
  for (const json& finger : *found) {
    if (!finger.is_number_integer() || finger < 1 || finger > limits::fingers_per_person_max)
      return failure(ErrorCode::invalid_input, "a finger is not a number from 1 to 10", "fingers");
    fingers.push_back(finger.get<int>());
  }
  if (!std::is_sorted(fingers.begin(), fingers.end(), std::less_equal<>()))
    return failure(ErrorCode::invalid_input, "the fingers do not rise, or one is named twice", "fingers");
  if (has_prints(kind) == fingers.empty())
    return failure(ErrorCode::invalid_input,
                   has_prints(kind) ? "a request of this kind needs a finger" : "a request of this kind has no fingers",
                   "fingers");
  return fingers;
}

}  // namespace

std::string_view kind_name(Kind kind) {
  return kKindNames[static_cast<std::size_t>(kind)];
}

Result<Kind> kind_from_name(std::string_view name) {
  const auto found = std::find(kKindNames.begin(), kKindNames.end(), name);
  if (found == kKindNames.end()) return failure(ErrorCode::invalid_input, "a request of a kind not known here", "kind");
  return static_cast<Kind>(found - kKindNames.begin());
}

int default_timeout_ms(Kind kind) {
  return kind == Kind::identify ? limits::identify_timeout_ms : limits::verify_timeout_ms;
}

int Request::time_allowed_ms() const {
  return timeout_ms.value_or(default_timeout_ms(kind));
}

std::int64_t created_ms(const RequestId& id) {
  std::int64_t milliseconds = 0;
  for (std::size_t i = 0; i < 6; ++i) milliseconds = milliseconds << 8 | id[i];
  return milliseconds;
}

RecordId Request::record_id() const {
  Bytes input(as_bytes("qorgan record v1\n").begin(), as_bytes("qorgan record v1\n").end());
  input.insert(input.end(), id.begin(), id.end());
  const crypto::Digest digest = crypto::sha256(input);
  RecordId record{};
  std::copy_n(digest.begin(), record.size(), record.begin());
  return record;
}

crypto::Digest Request::digest() const {
  return crypto::sha256(as_bytes("qorgan request v1\n" + to_json(*this).dump()));
}

RequestId make_request_id(std::int64_t now_ms) {
  RequestId id{};
  crypto::fill_random(id);
  for (std::size_t i = 0; i < 6; ++i) id[i] = static_cast<std::uint8_t>(now_ms >> (8 * (5 - i)));
  return id;
}

Result<RequestId> parse_request_id(std::string_view hex) {
  const Result<Bytes> bytes = from_hex(hex);
  RequestId id{};
  if (!bytes || bytes->size() != id.size())
    return failure(ErrorCode::invalid_input, "a request id is not 32 hexadecimal digits",
                   std::string(hex.substr(0, 64)));
  std::copy(bytes->begin(), bytes->end(), id.begin());
  return id;
}

json to_json(const Request& request) {
  json object = {{"id", to_hex(request.id)},          {"kind", kind_name(request.kind)}, {"desk", request.desk},
                 {"operator", request.operator_name}, {"purpose", request.purpose},      {"fingers", request.fingers}};
  if (has_subject(request.kind)) object["subject"] = to_hex(request.subject);
  if (request.timeout_ms) object["timeout_ms"] = *request.timeout_ms;
  return object;
}

Result<Request> request_from_json(const json& object) {
  if (!object.is_object()) return failure(ErrorCode::invalid_input, "a request is not a JSON object");
  QORGAN_CHECK(check_known_fields(object));
  Request request;
  QORGAN_TRY(request.id, net::hex_field<16>(object, "id"));
  QORGAN_TRY(const std::string kind, net::text_field(object, "kind", 16));
  QORGAN_TRY(request.kind, kind_from_name(kind));
  QORGAN_TRY(request.desk, net::text_field(object, "desk", limits::name_bytes_max));
  QORGAN_TRY(request.operator_name, net::text_field(object, "operator", limits::name_bytes_max));
  QORGAN_TRY(request.purpose, net::text_field(object, "purpose", limits::name_bytes_max));
  if (request.operator_name.empty())
    return failure(ErrorCode::invalid_input, "a request does not name its operator", "operator");
  if (request.purpose.empty())
    return failure(ErrorCode::invalid_input, "a request does not name its purpose", "purpose");
  if (has_subject(request.kind)) {
    QORGAN_TRY(request.subject, net::hex_field<32>(object, "subject"));
  } else if (object.contains("subject")) {
    return failure(ErrorCode::invalid_input, "a request of this kind names no subject", "subject");
  }
  QORGAN_TRY(request.fingers, read_fingers(object, request.kind));
  if (object.contains("timeout_ms")) {
    // What has begun to change a record is not given up for the time it takes.
    if (!is_comparison(request.kind))
      return failure(ErrorCode::invalid_input, "a request of this kind has no time of its own", "timeout_ms");
    QORGAN_TRY(const std::int64_t timeout_ms,
               net::int_field(object, "timeout_ms", 1, default_timeout_ms(request.kind)));
    request.timeout_ms = static_cast<int>(timeout_ms);
  }
  return request;
}

}  // namespace qorgan::protocol
