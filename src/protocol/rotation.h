// How a custodian's keys change within a network: statements, each signed by the log key that was in force before it,
// which lead from the keys that the network was founded with to the present ones.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/signer.h"
#include "protocol/network.h"

namespace qorgan::protocol {

enum class KeyKind {
  log,  // Ed25519: of its log, its cosignatures, its statements and its policy
  tls,  // SHA-256 of its TLS key's SubjectPublicKeyInfo
};
std::string_view key_kind_name(KeyKind kind);

using KeyBytes = std::array<std::uint8_t, 32>;
// Of 64 hexadecimal digits (asserted).
KeyBytes pin_bytes(const std::string& pin);

struct Rotation {
  crypto::Digest network{};
  int custodian = 0;
  KeyKind kind = KeyKind::log;
  KeyBytes old_key{};
  KeyBytes new_key{};
  std::int64_t time_s = 0;  // unix time, from 0 on

  // "qorgan rotation v1\n", then one line of canonical JSON.
  std::string text() const;
  bool operator==(const Rotation&) const = default;
};
// Accepts only what text() writes, to the byte. Errors: invalid_input.
Result<Rotation> parse_rotation(std::string_view text);

// The key of that kind which the network file names now.
KeyBytes present_key(const Network& network, int custodian, KeyKind kind);

// The next rotation of this network: signs it, adds it to network.rotations, and puts the new key in the old one's
// place. `signer` has the custodian's log key of before (asserted). Errors: invalid_input (the new key is in use, or
// was); the signer's.
Status rotate_key(Network& network, int custodian, KeyKind kind, const KeyBytes& new_key, std::int64_t time_s,
                  crypto::Signer& signer);

// Follows network.rotations from the founding keys, and fills in the keys of before. Errors: damaged where a statement
// is not one, is not signed by the log key that was in force, does not follow from those before it, or where the last
// ones are not the present keys.
Status follow_rotations(Network& network);

}  // namespace qorgan::protocol
