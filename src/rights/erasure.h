// The certificate of an erasure: each custodian's signed word that key and shares are destroyed, the three logs' proofs
// of it, and which relying parties were told. It verifies offline.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/signer.h"
#include "protocol/request.h"
#include "rights/evidence.h"
#include "rights/receipt.h"

namespace qorgan::rights {

// What one custodian signs once it has destroyed the record's key and shares, and logged it.
struct ErasureStatement {
  int custodian = 0;
  std::string name;  // the institution's
  crypto::Digest network{};
  protocol::RecordId handle{};
  protocol::RequestId request{};
  std::uint64_t entry = 0;  // index of the entry in its log
  std::int64_t time_s = 0;  // unix time of signing, not before the entry's
};
// A signed note; its text is "qorgan erasure v1" and a line of canonical JSON. Errors: the signer's.
Result<std::string> sign_erasure(const ErasureStatement& statement, const ledger::VerifierKey& key,
                                 crypto::Signer& signer);
// Errors: as open_statement's.
Result<ErasureStatement> open_erasure(std::string_view note, const ledger::VerifierKey& key);

// A relying party that had been given an answer about the person.
struct PartyNotice {
  std::string party;  // its id
  std::string name;
  std::int64_t told_s = 0;                       // unix time; 0: it has not fetched its notice yet
  std::optional<std::int64_t> acknowledged_s{};  // when it confirmed to have erased what it held
  bool operator==(const PartyNotice&) const = default;
};
// What one custodian signs of all of them; "qorgan notices v1".
struct NoticesStatement {
  int custodian = 0;
  crypto::Digest network{};
  protocol::RecordId handle{};
  protocol::RequestId request{};
  std::int64_t time_s = 0;
  std::vector<PartyNotice> parties;  // at most limits::parties_told_max
};
Result<std::string> sign_notices(const NoticesStatement& statement, const ledger::VerifierKey& key,
                                 crypto::Signer& signer);
Result<NoticesStatement> open_notices(std::string_view note, const ledger::VerifierKey& key);

struct ErasureCertificate {
  crypto::Digest network{};
  protocol::RecordId handle{};
  protocol::RequestId request{};
  std::array<CustodianKeys, protocol::kCustodians> custodians;
  std::array<Evidence, protocol::kCustodians> evidence;       // of the entries `erased` or `expired`
  std::array<std::string, protocol::kCustodians> statements;  // notes of sign_erasure()
  int told_by = 0;                                            // the custodian that signed the notices
  std::string notices;  // note of sign_notices(); empty where the certificate does not say

  NetworkKeys keys() const { return {network, custodians}; }
  // Canonical JSON.
  std::string text() const;
  bool operator==(const ErasureCertificate&) const = default;
};
// Accepts exactly what text() writes; nothing is verified yet. Errors: invalid_input, version_mismatch.
Result<ErasureCertificate> parse_certificate(std::string_view text);

struct VerifiedCertificate {
  bool network_trusted = false;
  bool secret_fits = false;  // the entries carry tags, and they were made with the secret that was given
  std::array<CheckedEvidence, protocol::kCustodians> entries;
  std::array<ErasureStatement, protocol::kCustodians> statements;
  std::optional<NoticesStatement> notices;
};
// `trusted` and `secret` may be null. Errors: as verify_receipt's.
Result<VerifiedCertificate> verify_certificate(const ErasureCertificate& certificate, const NetworkKeys* trusted,
                                               const SubjectSecret* secret);
Findings findings_of(const ErasureCertificate& certificate, const VerifiedCertificate& verified, Language language);

}  // namespace qorgan::rights
