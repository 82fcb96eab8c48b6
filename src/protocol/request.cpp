#include "protocol/request.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "crypto/random.h"
#include "net/json_fields.h"

namespace qorgan::protocol {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 8> kKindNames = {"enrol",    "verify", "identify", "erase",
                                                        "withdraw", "lock",   "unlock",   "expire"};
constexpr std::array<std::string_view, 3> kAskerNames = {"desk", "subject", "custodian"};

// The fields of a request, which depend on its kind and on who asks: no other may be there, so that both ends mean the
// same.
std::vector<std::string_view> fields_of(const Request& request) {
  std::vector<std::string_view> fields = {"id", "kind", "by"};
  if (request.asker == Asker::desk) {
    fields.insert(fields.end(), {"desk", "operator", "purpose", "fingers"});
    if (request.has_subject()) fields.push_back("subject");
    if (is_comparison(request.kind)) fields.push_back("timeout_ms");
    if (request.kind == Kind::identify) fields.push_back("warrant");
    if (request.kind == Kind::enrol) fields.insert(fields.end(), {"access_key", "view_commitment"});
    return fields;
  }
  fields.push_back("record");
  if (request.asker == Asker::subject) fields.push_back("signed");
  return fields;
}

Status check_known_fields(const json& object, const Request& request) {
  const std::vector<std::string_view> fields = fields_of(request);
  for (const auto& item : object.items())
    if (std::find(fields.begin(), fields.end(), item.key()) == fields.end())
      return failure(ErrorCode::invalid_input, "a request has a field that one of its kind has not", item.key());
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

std::string_view asker_name(Asker asker) {
  return kAskerNames[static_cast<std::size_t>(asker)];
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
  RecordId made{};
  std::copy_n(digest.begin(), made.size(), made.begin());
  return made;
}

crypto::Digest Request::digest() const {
  return crypto::sha256(as_bytes("qorgan request v1\n" + to_json(*this).dump()));
}

crypto::Digest absence_subject(const SubjectId& pseudonym, const std::array<std::uint8_t, 32>& nonce) {
  const ByteView label = as_bytes("qorgan absence subject v1\n");
  Bytes input(label.begin(), label.end());
  input.insert(input.end(), pseudonym.begin(), pseudonym.end());
  input.insert(input.end(), nonce.begin(), nonce.end());
  return crypto::sha256(input);
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
  json object = {{"id", to_hex(request.id)}, {"kind", kind_name(request.kind)}, {"by", asker_name(request.asker)}};
  if (request.asker != Asker::desk) {
    object["record"] = to_hex(request.record);
    if (request.asker == Asker::subject) object["signed"] = request.signed_request;
    return object;
  }
  object["desk"] = request.desk;
  object["operator"] = request.operator_name;
  object["purpose"] = request.purpose;
  object["fingers"] = request.fingers;
  if (request.has_subject()) object["subject"] = to_hex(request.subject);
  if (request.timeout_ms) object["timeout_ms"] = *request.timeout_ms;
  if (!request.warrant.empty()) object["warrant"] = request.warrant;
  if (request.kind == Kind::enrol) {
    object["access_key"] = to_hex(request.access_key);
    object["view_commitment"] = to_hex(request.view_commitment);
  }
  return object;
}

namespace {

Result<Asker> read_asker(const json& object) {
  QORGAN_TRY(const std::string name, net::text_field(object, "by", 16));
  const auto found = std::find(kAskerNames.begin(), kAskerNames.end(), name);
  if (found == kAskerNames.end())
    return failure(ErrorCode::invalid_input, "a request of an asker not known here", "by");
  return static_cast<Asker>(found - kAskerNames.begin());
}

// Of several lines, as notes are.
Result<std::string> read_note(const json& object, std::string_view name, std::size_t size_bytes_max) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string() || found->get_ref<const std::string&>().empty() ||
      found->get_ref<const std::string&>().size() > size_bytes_max)
    return failure(ErrorCode::invalid_input, "a field is not a text of fitting length", std::string(name));
  return found->get<std::string>();
}

Status read_desk_fields(const json& object, Request& request) {
  QORGAN_TRY(request.desk, net::text_field(object, "desk", limits::name_bytes_max));
  QORGAN_TRY(request.operator_name, net::text_field(object, "operator", limits::name_bytes_max));
  QORGAN_TRY(request.purpose, net::text_field(object, "purpose", limits::name_bytes_max));
  if (request.operator_name.empty())
    return failure(ErrorCode::invalid_input, "a request does not name its operator", "operator");
  if (request.purpose.empty())
    return failure(ErrorCode::invalid_input, "a request does not name its purpose", "purpose");
  if (request.has_subject()) {
    QORGAN_TRY(request.subject, net::hex_field<32>(object, "subject"));
  }
  QORGAN_TRY(request.fingers, read_fingers(object, request.kind));
  // What has begun to change a record is not given up for the time it takes: comparisons alone have one.
  if (object.contains("timeout_ms")) {
    QORGAN_TRY(const std::int64_t timeout_ms,
               net::int_field(object, "timeout_ms", 1, default_timeout_ms(request.kind)));
    request.timeout_ms = static_cast<int>(timeout_ms);
  }
  if (object.contains("warrant")) {
    QORGAN_TRY(request.warrant, read_note(object, "warrant", limits::warrant_bytes_max));
  }
  if (request.kind == Kind::enrol) {
    QORGAN_TRY(request.access_key, net::hex_field<32>(object, "access_key"));
    QORGAN_TRY(request.view_commitment, net::hex_field<32>(object, "view_commitment"));
  }
  return {};
}

}  // namespace

Result<Request> request_from_json(const json& object) {
  if (!object.is_object()) return failure(ErrorCode::invalid_input, "a request is not a JSON object");
  Request request;
  QORGAN_TRY(request.id, net::hex_field<16>(object, "id"));
  QORGAN_TRY(const std::string kind, net::text_field(object, "kind", 16));
  QORGAN_TRY(request.kind, kind_from_name(kind));
  QORGAN_TRY(request.asker, read_asker(object));
  if (!may_ask(request.asker, request.kind))
    return failure(ErrorCode::invalid_input, "a request of a kind that is not its asker's to make",
                   std::string(asker_name(request.asker)) + ", " + kind);
  QORGAN_CHECK(check_known_fields(object, request));
  if (request.asker == Asker::desk) {
    QORGAN_CHECK(read_desk_fields(object, request));
    return request;
  }
  QORGAN_TRY(request.record, net::hex_field<16>(object, "record"));
  if (request.asker == Asker::subject) {
    QORGAN_TRY(request.signed_request, read_note(object, "signed", limits::subject_request_bytes_max));
  }
  return request;
}

}  // namespace qorgan::protocol
