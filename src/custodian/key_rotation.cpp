#include "custodian/key_rotation.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "crypto/key_file.h"
#include "custodian/files.h"
#include "ledger/note.h"
#include "protocol/log_keys.h"

namespace qorgan::custodian {
namespace {

namespace fs = std::filesystem;
using protocol::KeyKind;

constexpr const char* kLoggedNote = "rotations logged";

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

Status rename_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) return failure(ErrorCode::unavailable, "cannot rename a file (" + error.message() + ")", from.string());
  return {};
}

fs::path file_of(const fs::path& folder, KeyKind kind) {
  return folder / (kind == KeyKind::log ? kSignFile : kTlsFile);
}

Result<protocol::KeyBytes> read_key(const fs::path& path, KeyKind kind) {
  if (kind == KeyKind::log) {
    QORGAN_TRY(const crypto::SignKeyPair key, crypto::load_sign_key(path));
    return key.public_key;
  }
  QORGAN_TRY(const net::TlsIdentity identity, net::load_tls_identity(path));
  return protocol::pin_bytes(identity.pin());
}

Result<protocol::KeyBytes> make_key(const fs::path& path, KeyKind kind, int custodian) {
  if (kind == KeyKind::log) {
    QORGAN_TRY(const crypto::SignKeyPair key, crypto::create_sign_key(path));
    return key.public_key;
  }
  QORGAN_TRY(const net::TlsIdentity identity, net::make_tls_identity("custodian-" + std::to_string(custodian)));
  QORGAN_CHECK(net::save_tls_identity(identity, path));
  return protocol::pin_bytes(identity.pin());
}

// So that it is the custodian's own under the key of before and under the new one.
Status sign_policy_anew(const fs::path& folder, const std::string& name, const fs::path& key_file) {
  const fs::path path = folder / kPolicyFile;
  QORGAN_TRY(const std::string text, read_text_file(path, limits::note_bytes_max));
  QORGAN_TRY(ledger::Note note, ledger::parse_note(text));
  QORGAN_TRY(crypto::SignKeyPair key, crypto::load_sign_key(key_file));
  crypto::KeySigner signer(std::move(key));
  QORGAN_TRY(ledger::NoteSignature signature, ledger::sign_note(note.text, name, signer));
  // Those of keys before the present one are of no use any more.
  if (note.signatures.size() > 1) note.signatures.erase(note.signatures.begin(), note.signatures.end() - 1);
  note.signatures.push_back(std::move(signature));
  return write_file_atomically(path, as_bytes(note.format()), FileMode::public_file);
}

Result<bool> settle_key(const fs::path& file, KeyKind kind, const protocol::KeyBytes& present) {
  const fs::path next = file.string() + kNextKey;
  if (!is_there(next)) return false;
  QORGAN_TRY(const protocol::KeyBytes key, read_key(next, kind));
  if (key != present) return false;
  if (is_there(file)) QORGAN_CHECK(rename_file(file, file.string() + kOldKey));
  QORGAN_CHECK(rename_file(next, file));
  return true;
}

}  // namespace

Result<protocol::Network> rotate(const RotationPlan& plan) {
  QORGAN_TRY(protocol::Network network, protocol::load_network(plan.network_file));
  if (is_there(plan.out))
    return failure(ErrorCode::already_exists, "the file is there already", plan.out.string(), "Name another one");
  QORGAN_CHECK(settle_keys(plan.folder, network));
  QORGAN_TRY(CustodianKeys keys, load_custodian_keys(plan.folder, network));
  const fs::path next = file_of(plan.folder, plan.kind).string() + kNextKey;
  if (is_there(next))
    return failure(ErrorCode::already_exists, "there is a new key already that this network file does not name",
                   next.string(), "Use the network file that was made with it, or remove the key if nobody has that");
  // Read as the daemon reads it: what lies there and is not this custodian's own must not become so.
  if (plan.kind == KeyKind::log) QORGAN_CHECK(load_own_policy(plan.folder, network, keys.index));
  QORGAN_TRY(const protocol::KeyBytes key, make_key(next, plan.kind, keys.index));
  if (plan.kind == KeyKind::log)
    QORGAN_CHECK(sign_policy_anew(plan.folder, protocol::log_origin(network, keys.index), next));
  crypto::KeySigner signer(std::move(keys.sign));
  QORGAN_CHECK(protocol::rotate_key(network, keys.index, plan.kind, key, unix_time_ms() / 1000, signer));
  QORGAN_CHECK(protocol::save_network(network, plan.out));
  return network;
}

Status settle_keys(const fs::path& folder, const protocol::Network& network) {
  for (const KeyKind kind : {KeyKind::log, KeyKind::tls})
    for (int custodian = 0; custodian < protocol::kCustodians; ++custodian) {
      QORGAN_TRY(const bool settled,
                 settle_key(file_of(folder, kind), kind, protocol::present_key(network, custodian, kind)));
      if (settled) break;
    }
  return {};
}

Status log_rotations(Engine& engine, const protocol::Network& network) {
  QORGAN_TRY(const auto logged, engine.find_note(kLoggedNote));
  std::size_t left = logged ? std::strtoul(logged->c_str(), nullptr, 10) : 0;
  std::size_t count = 0;
  for (const std::string& text : network.rotations) {
    QORGAN_TRY(const ledger::Note note, ledger::parse_note(text));
    QORGAN_TRY(const protocol::Rotation rotation, protocol::parse_rotation(note.text));
    if (rotation.custodian != engine.index()) continue;
    ++count;
    if (left > 0) {
      --left;
      continue;
    }
    ledger::Leaf leaf;
    leaf.time_s = unix_time_ms() / 1000;
    leaf.event = ledger::Event::rotate;
    leaf.kind = protocol::key_kind_name(rotation.kind);
    const ledger::VerifierKey key{protocol::log_origin(network, engine.index()), ledger::KeyType::ed25519,
                                  rotation.new_key};
    leaf.key = rotation.kind == KeyKind::log ? key.text() : to_hex(rotation.new_key);
    QORGAN_CHECK(engine.add_entry(leaf, store::NamedText{kLoggedNote, std::to_string(count)}));
  }
  return {};
}

}  // namespace qorgan::custodian
