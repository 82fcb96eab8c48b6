// A custodian's policy: who may ask for what, signed by that custodian alone. Each decides by its own.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/hash.h"
#include "ledger/note.h"
#include "policy/decision.h"
#include "policy/purpose.h"

namespace qorgan::policy {

inline constexpr std::size_t kCustodians = 3;

// The organisation behind desks.
struct RelyingParty {
  std::string id;    // is_id()
  std::string name;  // for people
  PartyKind kind = PartyKind::service_counter;
  std::vector<std::string> desks;     // as the network file names them
  std::vector<std::string> purposes;  // ids of those that it is registered for
  // The names of the people at its desks; nothing where any name will do that is not empty.
  std::optional<std::vector<std::string>> operators;
  std::optional<Quotas> quotas;  // instead of each purpose's own
  bool operator==(const RelyingParty&) const = default;
};

// What a policy says.
struct Rules {
  std::int64_t version = 1;  // rises with each change
  crypto::Digest network_id{};
  std::int64_t valid_from_s = 0;  // unix time
  std::vector<Purpose> purposes;
  std::vector<RelyingParty> parties;
  std::vector<ledger::VerifierKey> courts;
  std::array<std::vector<ledger::VerifierKey>, kCustodians> officers;  // who countersigns warrants, by custodian
  bool operator==(const Rules&) const = default;
};

class Policy {
 public:
  // Errors: invalid_input where ids, desks or keys stand twice, a party is registered for a purpose that is unknown or
  // not open to its kind, a key is a court's and an officer's, or a limit is passed.
  static Result<Policy> make(Rules rules);

  const Rules& rules() const { return rules_; }
  // "qorgan policy v1\n" and one line of canonical JSON, in which each purpose stands with its digest: what is signed.
  std::string text() const;
  // SHA-256 of text().
  const crypto::Digest& digest() const { return digest_; }

  // Nothing where there is none. The pointers live as long as this policy.
  const Purpose* purpose(std::string_view id) const;
  const RelyingParty* party_of_desk(std::string_view desk) const;
  // The quotas that hold for a party's use of a purpose.
  static const Quotas& quotas(const Purpose& purpose, const RelyingParty* party);

  // Nothing but its arguments goes in, and nothing is counted: the caller counts (policy/usage_counter.h).
  Decision decide(const Question& question, const Usage& usage, std::int64_t now_s) const;

 private:
  explicit Policy(Rules rules);
  Rules rules_;
  crypto::Digest digest_{};
  std::map<std::string, std::size_t, std::less<>> purpose_index_;
  std::map<std::string, std::size_t, std::less<>> desk_index_;  // gives the party
};

// The text alone, which nobody has signed yet. Errors: invalid_input, naming the field; damaged where a purpose has not
// its digest.
Result<Policy> parse_policy(std::string_view text);
// The signed note. Errors: as parse_policy's and parse_note's; refused where that key has not signed, damaged where its
// signature fails.
Result<Policy> load_policy(std::string_view note, const ledger::VerifierKey& custodian);

}  // namespace qorgan::policy
