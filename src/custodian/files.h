// A custodian's own folder: its keys, its database, its copy of the network file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "identity/oprf.h"
#include "net/identity.h"
#include "protocol/network.h"

namespace qorgan::custodian {

struct CustodianKeys {
  int index = 0;
  net::TlsIdentity tls;
  crypto::Key storage;           // wraps the keys of its records
  identity::KeyShare pseudonym;  // its two parts of the pseudonym key
};

// Errors: not_found, damaged, naming the file; wrong_network where the keys are not those that the network file lists
// for that custodian; refused where others may read a key.
Result<CustodianKeys> load_custodian_keys(const std::filesystem::path& folder, const protocol::Network& network);

struct NetworkPlan {
  std::array<std::string, protocol::kCustodians> names;
  std::array<std::string, protocol::kCustodians> hosts;
  std::array<std::uint16_t, protocol::kCustodians> ports{};
  std::string desk_name;
  std::string relying_party;
  int search_lanes = limits::search_lanes_default;
};

// Makes everything a network of three needs under one folder: network.json, custodian-0, custodian-1, custodian-2 (each
// with its keys and an empty database) and desk. Meant for trials: whoever runs it has held every key. Errors:
// already_exists, storage_full, unavailable; what was begun is removed then.
Result<protocol::Network> create_network(const NetworkPlan& plan, const std::filesystem::path& folder);

inline constexpr const char* kDatabaseFile = "custodian.sqlite";

}  // namespace qorgan::custodian
