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
  std::uint16_t port = 0;            // of desks and custodians
  std::uint16_t web_port = 0;        // HTTPS: what subjects ask; 0: none
  std::uint16_t log_port = 0;        // HTTP: the public log; 0: none
  std::string tls_pin;               // SHA-256 of its TLS key's SubjectPublicKeyInfo, hexadecimal
  crypto::SignPublicKey sign_key{};  // of its log, its cosignatures and its receipts
  // The keys that it began with, which the network's id stands on; the ones above follow from them by rotations.
  std::string founding_tls_pin;
  crypto::SignPublicKey founding_sign_key{};
  std::vector<crypto::SignPublicKey> former_sign_keys;  // by the rotations, the oldest first
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
  // So many days after a refresh of everyone's shares the coordinator begins the next one; 0: when it is told to.
  int refresh_days = 0;

  // Changes of custodians' keys, the oldest first: signed notes (rotation.h).
  std::vector<std::string> rotations;

  // SHA-256 over the three custodians' founding keys: two networks are the same when it is. Desks, addresses and, by
  // rotation, keys may change within a network.
  crypto::Digest id() const;
  // "custodian 1 (127.0.0.1:7311)"
  std::string describe(int custodian) const;
};

// Errors: not_found, invalid_input naming the file and the field, damaged where the file's own network id is not that
// of its keys, or where those do not follow from the founding ones by its rotations.
Result<Network> load_network(const std::filesystem::path& path);
Status save_network(const Network& network, const std::filesystem::path& path);

}  // namespace qorgan::protocol
