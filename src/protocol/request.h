// What is asked of the three custodians: by a desk, or by the subject of a record. The public part is the same for all
// three, to the byte; what is private to each (its shares) travels beside it.
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
#include "crypto/sign.h"

namespace qorgan::protocol {

// Sixteen bytes: the desk's time in milliseconds (48 bits), then 80 random bits. Everything else that a request needs
// anew each time is derived from it, so that a request can be repeated to the letter.
using RequestId = std::array<std::uint8_t, 16>;
using RecordId = std::array<std::uint8_t, 16>;
using SubjectId = std::array<std::uint8_t, 32>;  // the pseudonym (identity/oprf.h)

enum class Kind {
  enrol,
  verify,
  identify,
  erase,     // destroys a person's record
  withdraw,  // the subject's consent: nothing that rests on it is done any more
  lock,      // nothing is done with the record until it is unlocked
  unlock,
  expire,  // erases what has been kept for as long as it may be
};
std::string_view kind_name(Kind kind);
Result<Kind> kind_from_name(std::string_view name);

enum class Asker {
  desk,       // names the person by pseudonym
  subject,    // whoever holds the receipt: names the record, and signs with the key that the record knows them by
  custodian,  // custodian 0, where a record's time is over
};
std::string_view asker_name(Asker asker);

constexpr bool may_ask(Asker asker, Kind kind) {
  switch (asker) {
    case Asker::desk:
      return kind <= Kind::erase;
    case Asker::subject:
      return kind >= Kind::erase && kind <= Kind::unlock;
    case Asker::custodian:
      return kind == Kind::expire;
  }
  return false;
}
constexpr bool has_prints(Kind kind) {
  return kind <= Kind::identify;
}
constexpr bool destroys(Kind kind) {
  return kind == Kind::erase || kind == Kind::expire;
}
constexpr bool is_comparison(Kind kind) {
  return kind == Kind::verify || kind == Kind::identify;
}

// verify_timeout_ms, or identify_timeout_ms for an identification.
int default_timeout_ms(Kind kind);

struct Request {
  RequestId id{};
  Kind kind = Kind::verify;
  Asker asker = Asker::desk;

  // A desk's.
  std::string desk;           // as the network file names it
  std::string operator_name;  // the person at the desk
  std::string purpose;        // its id (policy/purpose.h)
  SubjectId subject{};        // all zero for an identification, which has none
  std::string warrant;        // a signed note (policy/warrant.h); an identification's alone, may be empty
  // An enrolment's: the key that the subject signs with, and the commitment to the view key that each custodian is sent
  // beside the shares (rights/secret.h).
  crypto::SignPublicKey access_key{};
  crypto::Digest view_commitment{};

  // A subject's, a custodian's.
  RecordId record{};
  std::string signed_request;  // a subject's own words (rights/request.h), with the same id, kind and record

  std::vector<int> fingers;  // ISO/IEC 19794-2 positions 1..10, rising, none twice; of requests with prints
  // How long a comparison may take from its arrival at a custodian, waiting included: 1..default_timeout_ms(kind).
  std::optional<int> timeout_ms = std::nullopt;

  // timeout_ms, or the kind's own.
  int time_allowed_ms() const;
  // Whether it names a person by pseudonym.
  bool has_subject() const { return asker == Asker::desk && kind != Kind::identify; }
  // The record that an enrolment makes: SHA-256 of the request id, cut to 16 bytes.
  RecordId record_id() const;
  // SHA-256 over the canonical JSON form; what the custodians compare before they agree.
  crypto::Digest digest() const;
};

// What a statement of absence says instead of the pseudonym: SHA-256 over "qorgan absence subject v1\n", the pseudonym,
// and 32 random bytes that the person keeps.
crypto::Digest absence_subject(const SubjectId& pseudonym, const std::array<std::uint8_t, 32>& nonce);

// The desk's time that an id carries.
std::int64_t created_ms(const RequestId& id);
RequestId make_request_id(std::int64_t now_ms);
Result<RequestId> parse_request_id(std::string_view hex);

nlohmann::json to_json(const Request& request);
// Every field is checked for type and range; an unknown field is refused, so that both ends mean the same.
Result<Request> request_from_json(const nlohmann::json& json);

}  // namespace qorgan::protocol
