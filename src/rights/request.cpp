#include "rights/request.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "net/json_fields.h"
#include "rights/times.h"

namespace qorgan::rights {
namespace {

using net::Json;

constexpr std::int64_t kVersion = 1;
constexpr const char* kUsesBefore = "uses_before";
constexpr const char* kSearchesBefore = "searches_before";
constexpr const char* kEntriesMax = "entries_max";
constexpr std::array<std::string_view, 7> kRightNames = {"trace", "withdraw", "lock",   "unlock",
                                                         "erase", "absence",  "receipt"};

Bytes signed_bytes(const SubjectRequest& request) {
  const std::string text = "qorgan subject request v1\n" + request.text();
  return {text.begin(), text.end()};
}

Result<SubjectRequest> read_request(const Json& object) {
  QORGAN_TRY(const std::int64_t version, net::int_field(object, "v", 0, 1'000'000));
  if (version != kVersion)
    return failure(ErrorCode::version_mismatch, "a subject's request of a form that this program does not know", "v");
  SubjectRequest request;
  QORGAN_TRY(request.id, net::hex_field<16>(object, "id"));
  QORGAN_TRY(const std::string right, net::text_field(object, "right", limits::name_bytes_max));
  QORGAN_TRY(request.right, right_from_name(right));
  QORGAN_TRY(request.handle, net::hex_field<16>(object, "handle"));
  QORGAN_TRY(request.network, net::hex_field<32>(object, "network"));
  QORGAN_TRY(const auto language, net::optional_text_field(object, "language", limits::name_bytes_max));
  if (language) {
    QORGAN_TRY(request.language, language_from_code(*language));
  }
  QORGAN_TRY(const auto since, net::optional_text_field(object, "since", limits::name_bytes_max));
  if (since) {
    if (request.right != Right::trace)
      return failure(ErrorCode::invalid_input, "only a trace begins at a time", "since");
    QORGAN_TRY(request.since_s, parse_utc(*since, "since"));
  }
  QORGAN_TRY(request.uses_before, net::optional_int_field(object, kUsesBefore, 0, INT64_MAX));
  QORGAN_TRY(request.searches_before, net::optional_int_field(object, kSearchesBefore, 0, INT64_MAX));
  QORGAN_TRY(request.entries_max, net::optional_int_field(object, kEntriesMax, 1, limits::trace_entries_max));
  for (const char* name : {kUsesBefore, kSearchesBefore, kEntriesMax})
    if (request.right != Right::trace && object.contains(name))
      return failure(ErrorCode::invalid_input, "only a trace has pages", name);
  return request;
}

}  // namespace

std::string_view right_name(Right right) {
  return kRightNames[static_cast<std::size_t>(right)];
}

Result<Right> right_from_name(std::string_view name) {
  const auto found = std::find(kRightNames.begin(), kRightNames.end(), name);
  if (found == kRightNames.end()) return failure(ErrorCode::invalid_input, "a right that is not known here", "right");
  return static_cast<Right>(found - kRightNames.begin());
}

std::string SubjectRequest::text() const {
  Json object = {{"v", kVersion},
                 {"id", to_hex(id)},
                 {"right", right_name(right)},
                 {"handle", to_hex(handle)},
                 {"network", to_hex(network)}};
  if (language) object["language"] = language_code(*language);
  if (since_s) object["since"] = utc_text(*since_s);
  if (uses_before) object[kUsesBefore] = *uses_before;
  if (searches_before) object[kSearchesBefore] = *searches_before;
  if (entries_max) object[kEntriesMax] = *entries_max;
  return object.dump();
}

std::string SignedSubjectRequest::text() const {
  return Json{{"request", request.text()}, {"signature", to_hex(signature)}}.dump();
}

SignedSubjectRequest sign_request(const SubjectRequest& request, const crypto::SignKeyPair& access_key) {
  return {request, crypto::sign(access_key, signed_bytes(request))};
}

Result<SignedSubjectRequest> parse_subject_request(std::string_view text) {
  if (text.size() > limits::subject_request_bytes_max)
    return failure(ErrorCode::invalid_input, "a subject's request is longer than any can be");
  QORGAN_TRY(const Json object, net::parse_json_object(text));
  QORGAN_TRY(const std::string inner, net::text_field(object, "request", limits::subject_request_bytes_max));
  SignedSubjectRequest request;
  QORGAN_TRY(request.signature, net::hex_field<64>(object, "signature"));
  QORGAN_TRY(const Json inner_object, net::parse_json_object(inner));
  QORGAN_TRY(request.request, read_request(inner_object));
  if (request.text() != text)
    return failure(ErrorCode::invalid_input, "a subject's request is not in its one canonical form");
  return request;
}

Status check_request(const SignedSubjectRequest& request, const crypto::SignPublicKey& access_key,
                     const crypto::Digest& network, std::int64_t now_ms) {
  if (request.request.network != network)
    return failure(ErrorCode::wrong_network, "a subject's request is for another network", "network");
  if (!crypto::verify(access_key, signed_bytes(request.request), request.signature))
    return failure(ErrorCode::refused, "a subject's request is not signed with the record's access key", {},
                   "Check handle and secret against the receipt");
  const std::int64_t age_ms = now_ms - protocol::created_ms(request.request.id);
  if (age_ms > limits::request_age_ms_max)
    return failure(ErrorCode::stale, "a subject's request was made too long ago", {}, "Make it anew");
  if (age_ms < -limits::clock_skew_ms_max)
    return failure(ErrorCode::stale, "a subject's request was made in the future", {}, "Set the clock right");
  return {};
}

}  // namespace qorgan::rights
