#include "custodian/files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/limits.h"
#include "crypto/key_file.h"
#include "crypto/random.h"
#include "ledger/log.h"
#include "policy/trial.h"
#include "protocol/log_keys.h"
#include "store/store.h"

namespace qorgan::custodian {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStorageFile = "storage.key";
constexpr const char* kDeskSecretFile = "desk.key";

Result<crypto::SecretBytes> read_key_file(const fs::path& path, std::size_t size_bytes) {
  struct stat about {};
  if (::stat(path.c_str(), &about) == 0 && (about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return failure(ErrorCode::refused, "others than the owner may read a key file", path.string(),
                   "Set its mode to 600");
  QORGAN_TRY(Bytes content, read_file(path, size_bytes));
  crypto::SecretBytes key(std::move(content));
  if (key.size() != size_bytes)
    return failure(ErrorCode::damaged, "a key file has not the length of its key", path.string());
  return key;
}

Status make_folder(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error))
    return failure(ErrorCode::already_exists, "the folder is there already", path.string(), "Name another one");
  fs::create_directories(path, error);
  if (!error) fs::permissions(path, fs::perms::owner_all, error);
  if (error) return failure(ErrorCode::unavailable, "cannot make the folder (" + error.message() + ")", path.string());
  return {};
}

Result<protocol::CustodianEntry> make_custodian(const NetworkPlan& plan, std::size_t index,
                                                const identity::KeyShare& pseudonym, const fs::path& folder) {
  QORGAN_CHECK(make_folder(folder));
  QORGAN_TRY(const net::TlsIdentity tls, net::make_tls_identity(fmt::format("custodian-{}", index)));
  QORGAN_CHECK(net::save_tls_identity(tls, folder / kTlsFile));
  const crypto::Key storage = crypto::random_key();
  QORGAN_CHECK(write_file_atomically(folder / kStorageFile, storage.expose(), FileMode::private_file));
  QORGAN_CHECK(
      write_file_atomically(folder / kPseudonymFile, identity::serialise(pseudonym).expose(), FileMode::private_file));
  QORGAN_TRY(const crypto::SignKeyPair sign, crypto::create_sign_key(folder / kSignFile));
  protocol::CustodianEntry entry;
  entry.name = plan.names[index];
  entry.host = plan.hosts[index];
  entry.port = plan.ports[index];
  entry.web_port = plan.web_ports[index];
  entry.log_port = plan.log_ports[index];
  entry.tls_pin = tls.pin();
  entry.sign_key = sign.public_key;
  return entry;
}

std::shared_ptr<crypto::Signer> signer_of(const CustodianKeys& keys) {
  return std::make_shared<crypto::KeySigner>(crypto::SignKeyPair{keys.sign.secret.clone(), keys.sign.public_key});
}

// Its empty log, likewise.
Status make_log(const fs::path& folder, const protocol::Network& network, const CustodianKeys& keys) {
  ledger::LogOptions options;
  options.folder = folder / kLogFolder;
  options.origin = protocol::log_origin(network, keys.index);
  options.cosignatures_min = 0;
  QORGAN_CHECK(ledger::Log::open(std::move(options), {signer_of(keys)}, true));
  return {};
}

// The keys of a court and of an officer of each custodian, and their names in the policy.
struct TrialAuthorities {
  ledger::VerifierKey court;
  std::array<std::vector<ledger::VerifierKey>, protocol::kCustodians> officers;
};

Result<ledger::VerifierKey> make_authority(const fs::path& folder, const std::string& file, const std::string& name) {
  QORGAN_TRY(const crypto::SignKeyPair key, crypto::create_sign_key(folder / file));
  const ledger::VerifierKey verifier{name, ledger::KeyType::ed25519, key.public_key};
  QORGAN_CHECK(
      write_file_atomically(folder / (file + ".vkey"), as_bytes(verifier.text() + "\n"), FileMode::public_file));
  return verifier;
}

Result<TrialAuthorities> make_authorities(const fs::path& folder) {
  QORGAN_CHECK(make_folder(folder));
  TrialAuthorities made;
  QORGAN_TRY(made.court, make_authority(folder, "court.key", "trial-court"));
  for (std::size_t i = 0; i < protocol::kCustodians; ++i) {
    QORGAN_TRY(ledger::VerifierKey officer,
               make_authority(folder, fmt::format("officer-{}.key", i), fmt::format("officer-of-custodian-{}", i)));
    made.officers[i].push_back(std::move(officer));
  }
  return made;
}

Status make_policy(const fs::path& folder, const protocol::Network& network, const CustodianKeys& keys,
                   const TrialAuthorities& authorities) {
  policy::TrialPlan plan;
  plan.network_id = network.id();
  for (const protocol::DeskEntry& desk : network.desks) plan.desks.push_back({desk.name, desk.relying_party});
  plan.courts = {authorities.court};
  plan.officers = authorities.officers;
  QORGAN_TRY(const policy::Policy policy, policy::make_trial_policy(plan));
  QORGAN_TRY(const std::string note,
             policy::sign_policy(policy, protocol::log_origin(network, keys.index), *signer_of(keys)));
  return write_file_atomically(folder / kPolicyFile, as_bytes(note), FileMode::public_file);
}

// Its empty database: from here on a missing one is a loss (daemon.cpp).
Status make_database(const fs::path& folder, const protocol::Network& network, const CustodianKeys& keys) {
  store::Options options;
  options.path = folder / kDatabaseFile;
  options.custodian = keys.index;
  options.network_id = network.id();
  QORGAN_CHECK(store::Store::open(options, keys.storage.clone()));
  return {};
}

Result<protocol::Network> fill(const NetworkPlan& plan, const fs::path& folder) {
  protocol::Network network;
  const auto pseudonyms = identity::make_key_shares();
  for (std::size_t i = 0; i < protocol::kCustodians; ++i) {
    QORGAN_TRY(network.custodians[i], make_custodian(plan, i, pseudonyms[i], folder / fmt::format("custodian-{}", i)));
  }
  QORGAN_CHECK(make_folder(folder / "desk"));
  QORGAN_TRY(const net::TlsIdentity desk, net::make_tls_identity("desk"));
  QORGAN_CHECK(net::save_tls_identity(desk, folder / "desk" / kTlsFile));
  const crypto::Key secret = crypto::random_key();
  QORGAN_CHECK(write_file_atomically(folder / "desk" / kDeskSecretFile, secret.expose(), FileMode::private_file));
  network.search_lanes = plan.search_lanes;
  network.desks.push_back({plan.desk_name, plan.relying_party, desk.pin()});
  QORGAN_TRY(const TrialAuthorities authorities, make_authorities(folder / "court"));
  for (int i = 0; i < protocol::kCustodians; ++i) {
    const fs::path own = folder / fmt::format("custodian-{}", i);
    QORGAN_TRY(const CustodianKeys keys, load_custodian_keys(own, network));
    QORGAN_CHECK(make_database(own, network, keys));
    QORGAN_CHECK(make_log(own, network, keys));
    QORGAN_CHECK(make_policy(own, network, keys, authorities));
  }
  QORGAN_CHECK(protocol::save_network(network, folder / "network.json"));
  return network;
}

}  // namespace

namespace {

// The key that the network file names: where it has been changed, the new one may still be beside the old one, which
// may be gone.
template <class Key, class IsNamed>
Result<Key> load_named(const fs::path& path, Result<Key> (*load)(const fs::path&), IsNamed&& is_named) {
  const fs::path next = path.string() + kNextKey;
  std::error_code ignored;
  if (fs::exists(next, ignored)) {
    QORGAN_TRY(Key key, load(next));
    if (is_named(key)) return key;
  }
  return load(path);
}

std::optional<crypto::SignKeyPair> load_former(const fs::path& path, const protocol::CustodianEntry& entry) {
  const auto& former = entry.former_sign_keys;
  auto key = crypto::load_sign_key(path.string() + kOldKey);
  if (!key || std::find(former.begin(), former.end(), key->public_key) == former.end()) return std::nullopt;
  return std::move(*key);
}

}  // namespace

Result<CustodianKeys> load_custodian_keys(const fs::path& folder, const protocol::Network& network) {
  const auto any = [&](auto&& is) { return std::any_of(network.custodians.begin(), network.custodians.end(), is); };
  QORGAN_TRY(net::TlsIdentity tls,
             load_named<net::TlsIdentity>(folder / kTlsFile, net::load_tls_identity, [&](const net::TlsIdentity& key) {
               return any([&](const protocol::CustodianEntry& entry) { return entry.tls_pin == key.pin(); });
             }));
  QORGAN_TRY(const crypto::SecretBytes storage, read_key_file(folder / kStorageFile, crypto::Key::size_bytes));
  QORGAN_TRY(const crypto::SecretBytes share, read_key_file(folder / kPseudonymFile, identity::kKeyShareBytes));
  auto pseudonym = identity::parse_key_share(share.expose());
  if (!pseudonym) return failure(ErrorCode::damaged, pseudonym.error().what, (folder / kPseudonymFile).string());
  QORGAN_TRY(
      crypto::SignKeyPair sign,
      load_named<crypto::SignKeyPair>(folder / kSignFile, crypto::load_sign_key, [&](const crypto::SignKeyPair& key) {
        return any([&](const protocol::CustodianEntry& entry) { return entry.sign_key == key.public_key; });
      }));
  for (int i = 0; i < protocol::kCustodians; ++i) {
    const protocol::CustodianEntry& entry = network.custodians[static_cast<std::size_t>(i)];
    if (entry.tls_pin != tls.pin()) continue;
    if (entry.sign_key != sign.public_key)
      return failure(ErrorCode::wrong_network, "the network file lists another signing key of this custodian",
                     (folder / kSignFile).string(), "Use the network file that was made with these keys");
    if (pseudonym->custodian != i)
      return failure(ErrorCode::damaged, "the pseudonym key belongs to another custodian",
                     (folder / kPseudonymFile).string());
    return CustodianKeys{i,
                         std::move(tls),
                         crypto::Key(storage.expose().first<32>()),
                         std::move(*pseudonym),
                         std::move(sign),
                         load_former(folder / kSignFile, entry)};
  }
  return failure(ErrorCode::wrong_network, "the network file does not list the key of this custodian",
                 (folder / kTlsFile).string(), "Use the network file that was made with these keys");
}

Result<policy::Policy> load_own_policy(const fs::path& folder, const protocol::Network& network, int custodian) {
  const fs::path path = folder / kPolicyFile;
  QORGAN_TRY(const std::string note, read_text_file(path, limits::note_bytes_max));
  Result<policy::Policy> policy = policy::load_policy(note, protocol::log_key(network, custodian));
  if (policy && policy->rules().network_id != network.id())
    policy = failure(ErrorCode::wrong_network, "the policy is another network's", {}, "Give this custodian its own");
  if (!policy) policy.error().where = path.string() + (policy.error().where.empty() ? "" : ", " + policy.error().where);
  return policy;
}

Result<protocol::Network> create_network(const NetworkPlan& plan, const fs::path& folder) {
  QORGAN_CHECK(make_folder(folder));
  Result<protocol::Network> network = fill(plan, folder);
  if (!network) {
    std::error_code ignored;  // the first error is the one to tell
    fs::remove_all(folder, ignored);
  }
  return network;
}

}  // namespace qorgan::custodian
