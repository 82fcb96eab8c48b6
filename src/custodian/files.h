// A custodian's own folder: its keys, its database, its copy of the network file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "identity/oprf.h"
#include "net/identity.h"
#include "policy/policy.h"
#include "protocol/network.h"

namespace qorgan::custodian {

struct CustodianKeys {
  int index = 0;
  net::TlsIdentity tls;
  crypto::Key storage;           // wraps the keys of its records
  identity::KeyShare pseudonym;  // its two parts of the pseudonym key
  crypto::SignKeyPair sign;      // of its log, its cosignatures, its statements and its policy
  // The one before it, where its file is kept (sign.key.old): signs the log as well.
  std::optional<crypto::SignKeyPair> former_sign = std::nullopt;
};

// A new key that the network file names already is taken from beside the old one (key_rotation.h).
// Errors: not_found, damaged, naming the file; wrong_network where the keys are not those that the network file lists
// for that custodian; refused where others may read a key.
Result<CustodianKeys> load_custodian_keys(const std::filesystem::path& folder, const protocol::Network& network);

// The policy of this custodian, which its own key has signed. Errors: not_found, damaged, refused, invalid_input,
// naming the file; wrong_network where it is another network's.
Result<policy::Policy> load_own_policy(const std::filesystem::path& folder, const protocol::Network& network,
                                       int custodian);

struct NetworkPlan {
  std::array<std::string, protocol::kCustodians> names;
  std::array<std::string, protocol::kCustodians> hosts;
  std::array<std::uint16_t, protocol::kCustodians> ports{};
  std::array<std::uint16_t, protocol::kCustodians> web_ports{};  // 0: none
  std::array<std::uint16_t, protocol::kCustodians> log_ports{};  // 0: none
  std::string desk_name;
  std::string relying_party;
  int search_lanes = limits::search_lanes_default;
};

// Makes everything a network of three needs under one folder: network.json, custodian-0, custodian-1, custodian-2 (each
// with its keys, a policy for trials, an empty log and an empty database), desk, and court (the keys of a court and of
// an officer of each custodian, for warrants). Meant for trials: whoever runs it has held every key. Errors:
// already_exists, storage_full, unavailable; what was begun is removed then.
Result<protocol::Network> create_network(const NetworkPlan& plan, const std::filesystem::path& folder);

inline constexpr const char* kTlsFile = "tls.pem";
inline constexpr const char* kSignFile = "sign.key";
inline constexpr const char* kNextKey = ".next";  // added to the name of a key that takes its place
inline constexpr const char* kOldKey = ".old";    // of one whose place was taken
inline constexpr const char* kPseudonymFile = "pseudonym.key";
inline constexpr const char* kDatabaseFile = "custodian.sqlite";
inline constexpr const char* kLogFolder = "ledger";       // of its log
inline constexpr const char* kWitnessFolder = "witness";  // of what it has cosigned of the others' logs
inline constexpr const char* kPolicyFile = "policy";

}  // namespace qorgan::custodian
