// What a desk asks of the three custodians. The public part is the same for all three, to the byte; what is private to
// each (its shares) travels beside it.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"

namespace qorgan::protocol {

// Sixteen bytes: the desk's time in milliseconds (48 bits), then 80 random bits. Everything else that a request needs
// anew each time is derived from it, so that a request can be repeated to the letter.
using RequestId = std::array<std::uint8_t, 16>;
using RecordId = std::array<std::uint8_t, 16>;
using SubjectId = std::array<std::uint8_t, 32>;  // the pseudonym (identity/oprf.h)

enum class Kind { enrol, verify, identify, erase };
std::string_view kind_name(Kind kind);
Result<Kind> kind_from_name(std::string_view name);

constexpr bool has_subject(Kind kind) {
  return kind != Kind::identify;
}
constexpr bool has_prints(Kind kind) {
  return kind != Kind::erase;
}
constexpr bool is_comparison(Kind kind) {
  return kind == Kind::verify || kind == Kind::identify;
}

// verify_timeout_ms, or identify_timeout_ms for an identification.
int default_timeout_ms(Kind kind);

struct Request {
  RequestId id{};
  Kind kind = Kind::verify;
  std::string desk;           // as the network file names it
  std::string operator_name;  // the person at the desk
  std::string purpose;
  SubjectId subject{};       // all zero where the kind has none
  std::vector<int> fingers;  // ISO/IEC 19794-2 positions 1..10, rising, none twice; empty for erase
  // How long a comparison may take from its arrival at a custodian, waiting included: 1..default_timeout_ms(kind).
  std::optional<int> timeout_ms = std::nullopt;

  // timeout_ms, or the kind's own.
  int time_allowed_ms() const;
  // The record that an enrolment makes: SHA-256 of the request id, cut to 16 bytes.
  RecordId record_id() const;
  // SHA-256 over the canonical JSON form; what the custodians compare before they agree.
  crypto::Digest digest() const;
};

// The desk's time that an id carries.
std::int64_t created_ms(const RequestId& id);
RequestId make_request_id(std::int64_t now_ms);
Result<RequestId> parse_request_id(std::string_view hex);

nlohmann::json to_json(const Request& request);
// Every field is checked for type and range; an unknown field is refused, so that both ends mean the same.
Result<Request> request_from_json(const nlohmann::json& json);

}  // namespace qorgan::protocol
