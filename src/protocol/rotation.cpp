#include "protocol/rotation.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/limits.h"
#include "ledger/note.h"
#include "net/json_fields.h"
#include "protocol/log_keys.h"

namespace qorgan::protocol {
namespace {

using nlohmann::json;

constexpr std::string_view kTitle = "qorgan rotation v1\n";

struct Keys {
  KeyBytes log{};
  KeyBytes tls{};
  bool operator==(const Keys&) const = default;
};

Keys founding_keys(const CustodianEntry& entry) {
  if (entry.founding_tls_pin.empty()) return {entry.sign_key, pin_bytes(entry.tls_pin)};
  return {entry.founding_sign_key, pin_bytes(entry.founding_tls_pin)};
}

Result<KeyKind> key_kind_from_name(std::string_view name) {
  for (const KeyKind kind : {KeyKind::log, KeyKind::tls})
    if (key_kind_name(kind) == name) return kind;
  return failure(ErrorCode::invalid_input, "a key of a kind not known here", "kind");
}

// The keys that a chain of rotations has come to so far.
class Chain {
 public:
  explicit Chain(Network& network) : network_(network) {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      keys_[i] = founding_keys(network.custodians[i]);
      used_.insert({keys_[i].log, keys_[i].tls});
      network.custodians[i].former_sign_keys.clear();
    }
  }

  Status follow(const std::string& text) {
    QORGAN_TRY(const ledger::Note note, ledger::parse_note(text));
    QORGAN_TRY(const Rotation rotation, parse_rotation(note.text));
    const auto custodian = static_cast<std::size_t>(rotation.custodian);
    const ledger::VerifierKey key{log_origin(network_, rotation.custodian), ledger::KeyType::ed25519,
                                  keys_[custodian].log};
    QORGAN_CHECK(ledger::verify_note(note, std::span(&key, 1)));
    KeyBytes& present = rotation.kind == KeyKind::log ? keys_[custodian].log : keys_[custodian].tls;
    if (rotation.network != network_.id() || rotation.old_key != present)
      return failure(ErrorCode::damaged, "a change of keys does not follow from those before it");
    if (!used_.insert(rotation.new_key).second)
      return failure(ErrorCode::damaged, "a change of keys names a key that is, or was, in use");
    if (rotation.kind == KeyKind::log) network_.custodians[custodian].former_sign_keys.push_back(present);
    present = rotation.new_key;
    return {};
  }

  bool is_at_present() const {
    for (std::size_t i = 0; i < keys_.size(); ++i)
      if (keys_[i] != Keys{network_.custodians[i].sign_key, pin_bytes(network_.custodians[i].tls_pin)}) return false;
    return true;
  }

 private:
  Network& network_;
  std::array<Keys, kCustodians> keys_;
  std::set<KeyBytes> used_;
};

}  // namespace

KeyBytes pin_bytes(const std::string& pin) {
  const auto bytes = from_hex(pin);
  KeyBytes key{};
  QORGAN_ASSERT(bytes && bytes->size() == key.size());
  std::copy(bytes->begin(), bytes->end(), key.begin());
  return key;
}

std::string_view key_kind_name(KeyKind kind) {
  return kind == KeyKind::log ? "log" : "tls";
}

std::string Rotation::text() const {
  const json object = {{"network", to_hex(network)}, {"custodian", custodian}, {"kind", key_kind_name(kind)},
                       {"old", to_hex(old_key)},     {"new", to_hex(new_key)}, {"time", time_s}};
  return std::string(kTitle) + object.dump() + "\n";
}

Result<Rotation> parse_rotation(std::string_view text) {
  if (!text.starts_with(kTitle) || !text.ends_with('\n'))
    return failure(ErrorCode::invalid_input, "this is no statement of a change of keys");
  QORGAN_TRY(const json object, net::parse_json_object(text.substr(kTitle.size())));
  Rotation rotation;
  QORGAN_TRY(rotation.network, net::hex_field<32>(object, "network"));
  QORGAN_TRY(const std::int64_t custodian, net::int_field(object, "custodian", 0, kCustodians - 1));
  rotation.custodian = static_cast<int>(custodian);
  QORGAN_TRY(const std::string kind, net::text_field(object, "kind", limits::name_bytes_max));
  QORGAN_TRY(rotation.kind, key_kind_from_name(kind));
  QORGAN_TRY(rotation.old_key, net::hex_field<32>(object, "old"));
  QORGAN_TRY(rotation.new_key, net::hex_field<32>(object, "new"));
  QORGAN_TRY(rotation.time_s, net::int_field(object, "time", 0, INT64_MAX));
  if (rotation.text() != text)
    return failure(ErrorCode::invalid_input, "a statement of a change of keys is not in its canonical form");
  return rotation;
}

KeyBytes present_key(const Network& network, int custodian, KeyKind kind) {
  const CustodianEntry& entry = network.custodians[static_cast<std::size_t>(custodian)];
  return kind == KeyKind::log ? entry.sign_key : pin_bytes(entry.tls_pin);
}

Status rotate_key(Network& network, int custodian, KeyKind kind, const KeyBytes& new_key, std::int64_t time_s,
                  crypto::Signer& signer) {
  Network changed = network;
  CustodianEntry& entry = changed.custodians[static_cast<std::size_t>(custodian)];
  QORGAN_ASSERT(signer.public_key() == entry.sign_key);
  Rotation rotation{network.id(), custodian, kind, present_key(network, custodian, kind), new_key, time_s};
  ledger::Note note{rotation.text(), {}};
  QORGAN_TRY(ledger::NoteSignature signature, ledger::sign_note(note.text, log_origin(network, custodian), signer));
  note.signatures.push_back(std::move(signature));
  changed.rotations.push_back(note.format());
  // The network's id stands on these.
  for (CustodianEntry& each : changed.custodians) {
    if (!each.founding_tls_pin.empty()) continue;
    each.founding_tls_pin = each.tls_pin;
    each.founding_sign_key = each.sign_key;
  }
  if (kind == KeyKind::log) {
    entry.sign_key = new_key;
  } else {
    entry.tls_pin = to_hex(new_key);
  }
  if (const Status followed = follow_rotations(changed); !followed)
    return failure(ErrorCode::invalid_input, followed.error().what, followed.error().where);
  network = std::move(changed);
  return {};
}

Status follow_rotations(Network& network) {
  Chain chain(network);
  for (std::size_t i = 0; i < network.rotations.size(); ++i) {
    if (const Status followed = chain.follow(network.rotations[i]); !followed)
      return failure(ErrorCode::damaged, "a change of a custodian's keys is not proven: " + followed.error().what,
                     fmt::format("rotations, number {}", i + 1), "Get the network file from its custodians anew");
  }
  if (!chain.is_at_present())
    return failure(ErrorCode::damaged, "a custodian's keys do not follow from those that the network was founded with",
                   "rotations", "Get the network file from its custodians anew");
  return {};
}

}  // namespace qorgan::protocol
