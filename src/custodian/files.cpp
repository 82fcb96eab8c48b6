#include "custodian/files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/limits.h"
#include "crypto/random.h"
#include "store/store.h"

namespace qorgan::custodian {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTlsFile = "tls.pem";
constexpr const char* kStorageFile = "storage.key";
constexpr const char* kPseudonymFile = "pseudonym.key";
constexpr const char* kSignFile = "sign.key";
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
  const crypto::SignKeyPair sign = crypto::make_sign_key_pair();
  QORGAN_CHECK(write_file_atomically(folder / kSignFile, sign.secret.expose(), FileMode::private_file));
  return protocol::CustodianEntry{plan.names[index], plan.hosts[index], plan.ports[index], tls.pin(), sign.public_key};
}

// Its empty database: from here on a missing one is a loss (daemon.cpp).
Status make_database(const fs::path& folder, const protocol::Network& network) {
  QORGAN_TRY(CustodianKeys keys, load_custodian_keys(folder, network));
  store::Options options;
  options.path = folder / kDatabaseFile;
  options.custodian = keys.index;
  options.network_id = network.id();
  QORGAN_CHECK(store::Store::open(options, std::move(keys.storage)));
  return {};
}

Result<protocol::Network> fill(const NetworkPlan& plan, const fs::path& folder) {
  protocol::Network network;
  const auto pseudonyms = identity::make_key_shares();
  for (std::size_t i = 0; i < protocol::kCustodians; ++i) {
    QORGAN_TRY(network.custodians[i], make_custodian(plan, i, pseudonyms[i], folder / fmt::format("custodian-{}", i)));
  }
  for (int i = 0; i < protocol::kCustodians; ++i)
    QORGAN_CHECK(make_database(folder / fmt::format("custodian-{}", i), network));
  QORGAN_CHECK(make_folder(folder / "desk"));
  QORGAN_TRY(const net::TlsIdentity desk, net::make_tls_identity("desk"));
  QORGAN_CHECK(net::save_tls_identity(desk, folder / "desk" / kTlsFile));
  const crypto::Key secret = crypto::random_key();
  QORGAN_CHECK(write_file_atomically(folder / "desk" / kDeskSecretFile, secret.expose(), FileMode::private_file));
  network.search_lanes = plan.search_lanes;
  network.desks.push_back({plan.desk_name, plan.relying_party, desk.pin()});
  QORGAN_CHECK(protocol::save_network(network, folder / "network.json"));
  return network;
}

}  // namespace

Result<CustodianKeys> load_custodian_keys(const fs::path& folder, const protocol::Network& network) {
  QORGAN_TRY(net::TlsIdentity tls, net::load_tls_identity(folder / kTlsFile));
  QORGAN_TRY(const crypto::SecretBytes storage, read_key_file(folder / kStorageFile, crypto::Key::size_bytes));
  QORGAN_TRY(const crypto::SecretBytes share, read_key_file(folder / kPseudonymFile, identity::kKeyShareBytes));
  auto pseudonym = identity::parse_key_share(share.expose());
  if (!pseudonym) return failure(ErrorCode::damaged, pseudonym.error().what, (folder / kPseudonymFile).string());
  for (int i = 0; i < protocol::kCustodians; ++i) {
    if (network.custodians[static_cast<std::size_t>(i)].tls_pin != tls.pin()) continue;
    if (pseudonym->custodian != i)
      return failure(ErrorCode::damaged, "the pseudonym key belongs to another custodian",
                     (folder / kPseudonymFile).string());
    return CustodianKeys{i, std::move(tls), crypto::Key(storage.expose().first<32>()), std::move(*pseudonym)};
  }
  return failure(ErrorCode::wrong_network, "the network file does not list the key of this custodian",
                 (folder / kTlsFile).string(), "Use the network file that was made with these keys");
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
