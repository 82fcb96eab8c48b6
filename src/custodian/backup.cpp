#include "custodian/backup.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "custodian/database_file.h"
#include "custodian/entries.h"
#include "custodian/files.h"
#include "custodian/operator_client.h"
#include "custodian/peer_messages.h"
#include "ledger/disk.h"
#include "ledger/folder_lock.h"

namespace qorgan::custodian {
namespace {

namespace fs = std::filesystem;

store::Options store_options(const fs::path& path, const CustodianKeys& keys, const protocol::Network& network) {
  store::Options options;
  options.path = path;
  options.custodian = keys.index;
  options.network_id = network.id();
  options.create = false;
  return options;
}

Status ask_daemon(const BackupOptions& options, const fs::path& file) {
  QORGAN_TRY(OperatorClient daemon, OperatorClient::open(options.folder, options.network_file));
  net::Message question = plain_message(protocol::type::backup);
  question.head["path"] = file.string();
  QORGAN_CHECK(daemon.call(question, Deadline::after_ms(limits::backup_timeout_ms)));
  return {};
}

// A copy beside the database, for its owner alone.
Status copy_privately(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::remove(to, error);
  if (!fs::is_regular_file(from, error)) return failure(ErrorCode::not_found, "there is no such file", from.string());
  // Empty and private before anything is in it.
  QORGAN_CHECK(write_file_atomically(to, {}, FileMode::private_file));
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (!error) fs::permissions(to, fs::perms::owner_read | fs::perms::owner_write, error);
  if (!error) return ledger::Disk::system().sync(to);
  const bool full = error == std::errc::no_space_on_device;
  return failure(full ? ErrorCode::storage_full : ErrorCode::unavailable,
                 "cannot copy the file (" + error.message() + ")", from.string());
}

Status check_and_mark(const fs::path& path, const CustodianKeys& keys, const protocol::Network& network) {
  QORGAN_TRY(store::Store store, store::Store::open(store_options(path, keys, network), keys.storage.clone()));
  QORGAN_CHECK(store.load_all([](store::Record&&) { return Status(); }));
  const std::int64_t now = unix_time_ms();
  ledger::Leaf leaf;
  leaf.time_s = now / 1000;
  leaf.event = ledger::Event::restore;
  QORGAN_CHECK(store.add_entry(plain_entry(leaf, now)));
  return {};
}

}  // namespace

Status back_up(const BackupOptions& options) {
  std::error_code error;
  const fs::path file = fs::absolute(options.file, error);
  if (error) return failure(ErrorCode::invalid_input, "no path for a file", options.file.string());
  if (ledger::FolderLock::is_taken(options.folder / kLogFolder)) return ask_daemon(options, file);
  QORGAN_TRY(const protocol::Network network, protocol::load_network(options.network_file));
  QORGAN_TRY(const CustodianKeys keys, load_custodian_keys(options.folder, network));
  QORGAN_TRY(store::Store store,
             store::Store::open(store_options(options.folder / kDatabaseFile, keys, network), keys.storage.clone()));
  return store.back_up(file);
}

Status restore(const BackupOptions& options) {
  QORGAN_TRY(const protocol::Network network, protocol::load_network(options.network_file));
  QORGAN_TRY(const CustodianKeys keys, load_custodian_keys(options.folder, network));
  if (ledger::FolderLock::is_taken(options.folder / kLogFolder))
    return failure(ErrorCode::busy, "this custodian runs", options.folder.string(), "Stop it first");
  const fs::path database = options.folder / kDatabaseFile;
  fs::path copy = database;
  copy += ".restored";
  QORGAN_CHECK(copy_privately(options.file, copy));
  Status checked = check_and_mark(copy, keys, network);
  std::error_code error;
  if (!checked) {
    fs::remove(copy, error);
    // Of the file that was named, not of the copy that is gone.
    checked.error().where = options.file.string();
    return checked;
  }
  QORGAN_CHECK(set_database_aside(options.folder));
  fs::rename(copy, database, error);
  if (error)
    return failure(ErrorCode::unavailable, "cannot put the file in place (" + error.message() + ")", database.string());
  return ledger::Disk::system().sync(options.folder);
}

}  // namespace qorgan::custodian
