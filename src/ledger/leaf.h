// What an entry of a custodian's log says: small canonical JSON, public for ever, in which nobody is named.
//
// A person finds their own entries by the tag, which only those can make who hold the subject's view key; what else is
// known of a use stands in its details, of which the entry holds a commitment alone. The opening is kept aside, and
// destroyed with the person's record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/secret.h"
#include "ledger/merkle.h"

namespace qorgan::ledger {

// One word each, as they stand in the entry ("event").
enum class Event {
  enrol,  // agreed to; so for the next three
  verify,
  identify,
  erase,
  withdraw,  // consent withdrawn; agreed to
  lock,      // agreed to
  unlock,    // agreed to
  refused,   // this custodian said no: `reason` is an error code's name
  aborted,   // was agreed to here, but came to nothing: no answer was given, nothing changed
  erased,    // the record's key and shares are destroyed here
  expired,   // the same, because its time was over
  opened,    // what was hidden: `entry` is the index of the hidden one, `opening` shows its details
  policy,    // a policy is in force from here on: `digest` is its SHA-256
  refresh,   // shares were re-randomised: `epoch` is the new one
  recover,   // this custodian gave its part for the recovery of `custodian`; or was itself recovered
  restore,   // this custodian was restored from a backup
  rotate,    // a key was changed: `key` is the new one, `kind` is "log" or "tls"
  notified,  // a relying party was told of an erasure, or `reason` "acknowledged": confirmed its own
  absence,   // a desk asked whether anything is held on somebody, and was told
};
std::string_view event_name(Event event);
// Errors: invalid_input.
Result<Event> event_from_name(std::string_view name);

// A use, or a change of a person's record, as opposed to what custodians do among themselves.
constexpr bool is_agreed(Event event) {
  return event <= Event::unlock;
}

using RequestId = std::array<std::uint8_t, 16>;

// Fields that an event does not have are empty, and are left out of the text.
struct Leaf {
  std::int64_t time_s = 0;  // unix time; "time":"2026-11-23T04:06:49Z"
  Event event = Event::policy;
  std::optional<RequestId> request;
  std::string party;    // relying party's id
  std::string purpose;  // its id
  std::int64_t purpose_version = 0;
  std::string basis;  // legal basis, its id
  std::optional<RequestId> warrant;
  // subject_tag(). What was refused or asked about somebody who is not enrolled has random bytes there, so that nobody
  // can tell the two apart.
  std::optional<Hash> tag;
  std::optional<Hash> details;  // details_commitment()
  std::int64_t hidden_until_s =
      0;  // written like the time; not 0: party, purpose, basis, warrant and tag are in the details alone until then
  std::string reason;
  std::optional<Hash> digest;
  std::optional<std::int64_t> entry;
  std::string opening;  // DetailsOpening::text()
  std::optional<std::int64_t> epoch;
  std::optional<int> custodian;
  std::string kind;
  std::string key;

  // One line of JSON, keys sorted, no spaces, no line end, with "v":1. Times lie between 1970 and 9999 (asserted).
  std::string text() const;
  bool operator==(const Leaf&) const = default;
};
// Whether a leaf has the fields that an entry of its event has, and no others. Public as entries are, one that is
// written wrongly stays so for ever: ask before one is appended whose fields come from outside. Errors: invalid_input.
Status check_leaf(const Leaf& leaf);
// Accepts only what text() writes, to the byte: known fields, right types, only those that the event has. Errors:
// invalid_input; version_mismatch where "v" is another number.
Result<Leaf> parse_leaf(std::string_view text);

// HMAC-SHA-256 with the view key that one custodian has of the subject, over "qorgan tag v1\n" and the request id.
Hash subject_tag(const crypto::Key& view_key_of_custodian, const RequestId& request);
// The key that custodian 0..2 tags with: HKDF-SHA-256 of the subject's view key, info "qorgan view of custodian N".
crypto::Key view_key_of(const crypto::Key& subject_view_key, int custodian);

// What an entry does not say openly: a JSON object (desk, operator, fingers, ...) and 32 random bytes.
struct DetailsOpening {
  std::array<std::uint8_t, 32> nonce{};
  std::string details;  // canonical JSON
  // {"details":"...","nonce":"hex"}
  std::string text() const;
};
Result<DetailsOpening> parse_opening(std::string_view text);
// HMAC-SHA-256 with the nonce as key over "qorgan details v1\n" and the details: tells nothing about them.
Hash details_commitment(const DetailsOpening& opening);

}  // namespace qorgan::ledger
