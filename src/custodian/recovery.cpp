#include "custodian/recovery.h"

#include "base/file.h"
#include "crypto/random.h"
#include "custodian/database_file.h"
#include "custodian/fault.h"
#include "custodian/files.h"
#include "custodian/key_rotation.h"
#include "custodian/recovered_log.h"

namespace qorgan::custodian {
namespace {

namespace fs = std::filesystem;

// The id of a recovery that has not ended.
constexpr const char* kRecoveryFile = "recovery";

Result<RecoveryId> read_id(const fs::path& path) {
  RecoveryId id{};
  const auto text = read_text_file(path, 2 * id.size() + 1);
  if (text) {
    const auto bytes = from_hex(std::string_view(*text).substr(0, 2 * id.size()));
    if (bytes && bytes->size() == id.size()) {
      std::copy(bytes->begin(), bytes->end(), id.begin());
      return id;
    }
  }
  if (!text && text.error().code != ErrorCode::not_found) return tl::unexpected(text.error());
  crypto::fill_random(id);
  QORGAN_CHECK(write_file_atomically(path, as_bytes(to_hex(id) + "\n"), FileMode::public_file));
  return id;
}

Result<int> index_of(const net::TlsIdentity& tls, const protocol::Network& network, const fs::path& folder) {
  for (int i = 0; i < protocol::kCustodians; ++i)
    if (network.custodians[static_cast<std::size_t>(i)].tls_pin == tls.pin()) return i;
  return failure(ErrorCode::wrong_network, "the network file does not list the key of this custodian",
                 (folder / kTlsFile).string(), "Use the network file that was made with these keys");
}

ledger::Signers signers_of(const CustodianKeys& keys) {
  const auto signer = [](const crypto::SignKeyPair& pair) {
    return std::make_shared<crypto::KeySigner>(crypto::SignKeyPair{pair.secret.clone(), pair.public_key});
  };
  ledger::Signers signers{signer(keys.sign)};
  if (keys.former_sign) signers.push_back(signer(*keys.former_sign));
  return signers;
}

// Whether the key had to be made.
Result<bool> recover_key(const fs::path& folder, RecoveryLink& link) {
  const fs::path path = folder / kPseudonymFile;
  std::error_code error;
  if (fs::exists(path, error)) return false;
  QORGAN_TRY(const identity::KeyShare share, link.pseudonym_key());
  QORGAN_CHECK(write_file_atomically(path, identity::serialise(share).expose(), FileMode::private_file));
  return true;
}

}  // namespace

Result<RecoveryReport> recover(const RecoveryOptions& options) {
  const fs::path& folder = options.folder;
  RecoveryReport report;
  QORGAN_TRY(const protocol::Network network, protocol::load_network(options.network_file));
  QORGAN_CHECK(settle_keys(folder, network));
  QORGAN_TRY(const net::TlsIdentity tls, net::load_tls_identity(folder / kTlsFile));
  QORGAN_TRY(report.custodian, index_of(tls, network, folder));
  // Nobody else has it: the others would see a custodian that refuses everything.
  QORGAN_CHECK(load_own_policy(folder, network, report.custodian));
  if (ledger::FolderLock::is_taken(folder / kLogFolder))
    return failure(ErrorCode::busy, "this custodian runs", folder.string(), "Stop it first");
  QORGAN_TRY(const RecoveryId id, read_id(folder / kRecoveryFile));
  RecoveryLink link(report.custodian, network, tls, id);
  QORGAN_TRY(const std::int64_t applied, link.begin());
  fault_point("recover.asked");
  QORGAN_TRY(report.made_pseudonym_key, recover_key(folder, link));
  QORGAN_TRY(const CustodianKeys keys, load_custodian_keys(folder, network));
  QORGAN_TRY(const RecoveredLog log, recover_log(folder, report.custodian, network, signers_of(keys), link));
  report.adopted_log = log.was_adopted;
  report.log_entries = log.files->newest().size;

  DatabaseRecovery asked;
  asked.options.path = folder / kDatabaseFile;
  asked.options.custodian = report.custodian;
  asked.options.network_id = network.id();
  asked.storage_key = &keys.storage;
  asked.id = id;
  asked.applied = applied;
  asked.log = log.files.get();
  asked.on_progress = options.on_progress;
  QORGAN_TRY(report.database, recover_database(asked, link));
  fault_point("recover.ended");
  QORGAN_CHECK(destroy_set_aside(folder));
  std::error_code error;
  fs::remove(folder / kRecoveryFile, error);
  if (error)
    return failure(ErrorCode::unavailable, "cannot remove a file (" + error.message() + ")",
                   (folder / kRecoveryFile).string());
  return report;
}

}  // namespace qorgan::custodian
