// What a person asks of the custodians by right, signed with the access key that only the holder of the receipt has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/hash.h"
#include "crypto/sign.h"
#include "protocol/request.h"
#include "rights/language.h"

namespace qorgan::rights {

enum class Right {
  trace,     // every use of the data
  withdraw,  // consent is withdrawn
  lock,      // no comparison until unlocked
  unlock,
  erase,    // destroy the record
  absence,  // a signed word that nothing is held
  receipt,  // the receipt's evidence anew
};
std::string_view right_name(Right right);
// Errors: invalid_input.
Result<Right> right_from_name(std::string_view name);

struct SubjectRequest {
  protocol::RequestId id{};  // protocol::make_request_id: it carries the time
  Right right = Right::trace;
  protocol::RecordId handle{};
  crypto::Digest network{};
  std::optional<Language> language;     // of what is written back to the person
  std::optional<std::int64_t> since_s;  // of a trace alone: uses from then on; unix time
  // Of a trace alone, which comes in pages: where each of its lists goes on, as the custodian's answer before said; 0:
  // nothing of it is wanted. Without them the newest are told.
  std::optional<std::int64_t> uses_before;
  std::optional<std::int64_t> searches_before;
  std::optional<std::int64_t> entries_max;  // of either list in one page: 1..limits::trace_entries_max

  // Canonical JSON: names sorted, no spaces, no line end.
  std::string text() const;
  bool operator==(const SubjectRequest&) const = default;
};

struct SignedSubjectRequest {
  SubjectRequest request;
  crypto::Signature signature{};  // Ed25519 over "qorgan subject request v1\n" and the request's text
  // {"request":"...","signature":"hex"}
  std::string text() const;
};

SignedSubjectRequest sign_request(const SubjectRequest& request, const crypto::SignKeyPair& access_key);
// Accepts exactly what text() writes; nothing is verified yet. Errors: invalid_input, version_mismatch.
Result<SignedSubjectRequest> parse_subject_request(std::string_view text);
// Whether it may be acted upon: signed by `access_key`, for this network, made at most limits::request_age_ms_max ago
// and at most limits::clock_skew_ms_max ahead. Whether the id was seen before is for the caller to know. Errors:
// refused, wrong_network, stale.
Status check_request(const SignedSubjectRequest& request, const crypto::SignPublicKey& access_key,
                     const crypto::Digest& network, std::int64_t now_ms);

}  // namespace qorgan::rights
