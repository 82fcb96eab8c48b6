// What each of the three custodians' logs says, as a person carries it away: an entry, what opens its details, and the
// proof that it is in the log.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/leaf.h"
#include "ledger/note.h"
#include "net/json_fields.h"
#include "protocol/network.h"

namespace qorgan::rights {

struct CustodianKeys {
  std::string name;              // of the institution
  ledger::VerifierKey log;       // signs its log's checkpoints, and its statements to people
  ledger::VerifierKey cosigner;  // signs what it has seen of the two others' logs
  bool operator==(const CustodianKeys&) const = default;
};

// Whose word is taken: of a network that one knows, or of what a file says itself.
struct NetworkKeys {
  crypto::Digest network{};
  std::array<CustodianKeys, protocol::kCustodians> custodians;
  // Those that each had before, the oldest first, as the network file's rotations prove; what they have signed holds
  // on. No paper carries any.
  std::array<std::vector<CustodianKeys>, protocol::kCustodians> former = {};
  bool operator==(const NetworkKeys&) const = default;
};

// Success where `own`, taken from a file, are keys of a network that one trusts, present or former ones. Errors:
// wrong_network, naming what differs.
Status check_same_network(const NetworkKeys& own, const NetworkKeys& trusted);
// That three custodians have three log keys and three cosigners' keys: one key twice would be one custodian twice.
// Errors: invalid_input.
Status check_distinct(const NetworkKeys& keys);

struct Evidence {
  std::string leaf;     // ledger::Leaf::text()
  std::string opening;  // ledger::DetailsOpening::text(); empty where the entry has no details
  std::string proof;    // ledger::LogProof::text(), its checkpoint signed by keys of the network alone (only_known)
  bool operator==(const Evidence&) const = default;
};

struct CheckedEvidence {
  ledger::Leaf leaf;
  std::string details;  // canonical JSON; empty where the entry has none
  std::uint64_t index = 0;
  std::uint64_t log_size = 0;
  std::vector<std::string> cosigners;  // the institutions that have cosigned, one or two
};

// That the entry is in custodian `index`'s log, whose checkpoint carries that log's signature and a cosignature of
// another custodian, and nothing besides; and that the opening is the entry's. Every byte counts. Errors:
// invalid_input, damaged, refused, wrong_network, as ledger::verify_log_proof's, with the custodian as the place.
Result<CheckedEvidence> check_evidence(const Evidence& evidence, const NetworkKeys& keys, int custodian);

// The proof without the signature lines of keys that are not the network's (other witnesses'), as a receipt carries it;
// and without those of its former keys, unless the present ones have not signed it.
// Errors: invalid_input.
Result<std::string> only_known(std::string_view proof, const NetworkKeys& keys);

// What a verified paper proves and what it does not, in plain sentences.
struct Findings {
  std::vector<std::string> proven;
  std::vector<std::string> not_proven;
};

// What the details of a use say: {"desk":"...","fingers":[2,7],"operator":"..."}, and, of an enrolment, in hexadecimal
// "access_key", by which the record's holder is known from then on, and "terms", the terms_digest() of
// rights/receipt.h.
struct Details {
  std::string desk;
  std::string operator_name;
  std::vector<int> fingers;  // ISO/IEC 19794-2 positions 1..10, rising, none twice
  std::optional<crypto::Digest> terms;
  std::optional<crypto::SignPublicKey> access_key = {};

  // Canonical JSON.
  std::string text() const;
  bool operator==(const Details&) const = default;
};
// Further fields may stand beside these. Errors: invalid_input.
Result<Details> parse_details(std::string_view text);
Result<Details> details_from_json(const net::Json& object);

// Fields of the JSON files of this module.
net::Json to_json(const Details& details);
net::Json to_json(const CustodianKeys& keys);
Result<CustodianKeys> custodian_keys_field(const net::Json& object);  // "name", "log", "cosigner" of an object
net::Json to_json(const Evidence& evidence);
Result<Evidence> evidence_field(const net::Json& object, std::string_view name);
// Text of several lines, of at most max_bytes bytes of UTF-8 without other control characters than line ends.
Result<std::string> lines_field(const net::Json& object, std::string_view name, std::size_t max_bytes);

}  // namespace qorgan::rights
