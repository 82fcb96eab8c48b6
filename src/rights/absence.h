// "We hold nothing on you", signed by each of the three custodians.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/signer.h"
#include "rights/evidence.h"
#include "rights/language.h"

namespace qorgan::rights {

// What one custodian signs; the code stands for the person without naming them.
struct AbsenceStatement {
  int custodian = 0;
  std::string name;  // the institution's
  crypto::Digest network{};
  crypto::Digest subject{};    // a commitment to the pseudonym
  std::int64_t time_s = 0;     // unix time of signing
  std::uint64_t sequence = 0;  // of the last decision that this custodian had applied
};
// A signed note; its text is "qorgan absence v1" and a line of canonical JSON. Errors: the signer's.
Result<std::string> sign_absence(const AbsenceStatement& statement, const ledger::VerifierKey& key,
                                 crypto::Signer& signer);
// Errors: as open_statement's.
Result<AbsenceStatement> open_absence(std::string_view note, const ledger::VerifierKey& key);

struct Absence {
  crypto::Digest network{};
  crypto::Digest subject{};
  std::array<CustodianKeys, protocol::kCustodians> custodians;
  std::array<std::string, protocol::kCustodians> statements;  // notes of sign_absence()

  NetworkKeys keys() const { return {network, custodians}; }
  // Canonical JSON.
  std::string text() const;
  bool operator==(const Absence&) const = default;
};
// Accepts exactly what text() writes; nothing is verified yet. Errors: invalid_input, version_mismatch.
Result<Absence> parse_absence(std::string_view text);

struct VerifiedAbsence {
  bool network_trusted = false;
  std::array<AbsenceStatement, protocol::kCustodians> statements;
};
// `trusted` may be null. Errors: as verify_receipt's.
Result<VerifiedAbsence> verify_absence(const Absence& absence, const NetworkKeys* trusted);
Findings findings_of(const Absence& absence, const VerifiedAbsence& verified, Language language);

}  // namespace qorgan::rights
