// The public network file: who the three custodians are, where they listen, and which desks they know.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "crypto/sign.h"

namespace qorgan::protocol {

inline constexpr int kCustodians = 3;

// The neighbours of a custodian in the ring (design of the private match: messages go to the previous one).
constexpr int previous_of(int index) {
  return (index + kCustodians - 1) % kCustodians;
}
constexpr int next_of(int index) {
  return (index + 1) % kCustodians;
}

struct CustodianEntry {
  std::string name;  // of the institution, for people
  std::string host;
  std::uint16_t port = 0;
  std::string tls_pin;  // SHA-256 of its TLS key's SubjectPublicKeyInfo, hexadecimal
  crypto::SignPublicKey sign_key{};
};

struct DeskEntry {
  std::string name;
  std::string relying_party;  // the organisation behind it
  std::string tls_pin;
};

struct Network {
  std::array<CustodianEntry, kCustodians> custodians;
  std::vector<DeskEntry> desks;
  // Among how many lanes each search is cut, 1..limits::search_lanes_max: the same at all three, at best one for each
  // core that a custodian has.
  int search_lanes = limits::search_lanes_default;

  // SHA-256 over the three custodians' keys: two networks are the same when it is. Desks and addresses may change
  // within a network.
  crypto::Digest id() const;
  // "custodian 1 (127.0.0.1:7311)"
  std::string describe(int custodian) const;
};

// Errors: not_found, invalid_input naming the file and the field, damaged where the file's own network id is not that
// of its keys.
Result<Network> load_network(const std::filesystem::path& path);
Status save_network(const Network& network, const std::filesystem::path& path);

}  // namespace qorgan::protocol
