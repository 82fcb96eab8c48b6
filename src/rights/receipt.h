// The receipt of an enrolment: what was taken, why, until when, and the three logs' proofs of it. It verifies offline.
// The person's secret is no part of it; on paper it stands in a box of its own (rights/receipt_paper.h).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/purpose.h"
#include "protocol/request.h"
#include "rights/evidence.h"
#include "rights/language.h"
#include "rights/secret.h"

namespace qorgan::rights {

// What the person was told at the enrolment. Entries of a log hold ids alone; so that the words themselves are bound to
// the logs, each custodian puts terms_digest() into the details of the entry that it writes.
struct Terms {
  crypto::Digest network{};
  protocol::RecordId handle{};
  std::array<std::string, protocol::kCustodians> custodians;  // the institutions' names
  std::string party;                                          // the relying party's id
  std::string party_name;
  std::string purpose;  // its id
  std::int64_t purpose_version = 0;
  policy::Words purpose_name;
  policy::Words purpose_words;
  std::string basis;  // the legal basis's id
  policy::Words basis_words;
  policy::Words basis_source;  // law and article
  std::int64_t until_s = 0;  // unix time at which the record is destroyed at the latest; 0: not before it is asked for

  bool operator==(const Terms&) const = default;
};
// Fills in purpose and legal basis as the purpose says them.
void set_purpose(Terms& terms, const policy::Purpose& purpose);
// SHA-256 over "qorgan terms v1\n" and the canonical JSON of all of them.
crypto::Digest terms_digest(const Terms& terms);

// As they travel; errors: invalid_input naming the field.
net::Json to_json(const Terms& terms);
Result<Terms> terms_from_json(const net::Json& object);

struct EnrolmentReceipt {
  Terms terms;
  protocol::RequestId request{};
  std::int64_t time_s = 0;   // of the earliest of the three entries
  std::vector<int> fingers;  // ISO/IEC 19794-2 positions 1..10, rising, none twice
  std::string desk;
  std::string operator_name;
  std::array<CustodianKeys, protocol::kCustodians> custodians;  // names as in the terms
  std::array<Evidence, protocol::kCustodians> evidence;

  NetworkKeys keys() const { return {terms.network, custodians}; }
  // Canonical JSON: names sorted, no spaces, no line end.
  std::string text() const;
  bool operator==(const EnrolmentReceipt&) const = default;
};

// Takes what a receipt says from the three custodians' evidence, and verifies the whole. Errors: as verify_receipt's.
Result<EnrolmentReceipt> make_receipt(const NetworkKeys& keys, const Terms& terms,
                                      const std::array<Evidence, protocol::kCustodians>& evidence);

// Accepts exactly what text() writes; nothing is verified yet. Errors: invalid_input naming the field,
// version_mismatch.
Result<EnrolmentReceipt> parse_receipt(std::string_view text);

struct VerifiedReceipt {
  bool network_trusted = false;  // the keys are those of a network that was given, not just the receipt's own
  bool secret_fits = false;      // the three tags and the access key were made with the secret that was given
  std::array<CheckedEvidence, protocol::kCustodians> entries;
};

// Verifies all that can be offline; every character of the receipt counts. `trusted` and `secret` may be null. Errors:
// invalid_input, damaged, refused or wrong_network, naming what is wrong and where.
Result<VerifiedReceipt> verify_receipt(const EnrolmentReceipt& receipt, const NetworkKeys* trusted,
                                       const SubjectSecret* secret);

// What the verified receipt proves and what it does not.
Findings findings_of(const EnrolmentReceipt& receipt, const VerifiedReceipt& verified, Language language);

}  // namespace qorgan::rights
