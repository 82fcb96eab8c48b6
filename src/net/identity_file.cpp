#include "base/file.h"
#include "base/limits.h"
#include "net/identity.h"

namespace qorgan::net {
namespace {

namespace fs = std::filesystem;

Status check_private(const fs::path& path) {
  std::error_code error;
  const fs::perms mode = fs::status(path, error).permissions();
  // A file that is missing is reported when it is read.
  if (error) return {};
  if ((mode & (fs::perms::group_all | fs::perms::others_all)) != fs::perms::none)
    return failure(ErrorCode::refused, "a private key can be read or changed by others than its owner", path.string(),
                   "Run: chmod 600 " + path.string());
  return {};
}

}  // namespace

Result<TlsIdentity> load_tls_identity(const fs::path& path) {
  QORGAN_CHECK(check_private(path));
  QORGAN_TRY(Bytes content, read_file(path, limits::identity_file_bytes_max));
  const crypto::SecretBytes pem(std::move(content));
  return tls_identity_from_pem(pem.expose(), path.string());
}

Status save_tls_identity(const TlsIdentity& identity, const fs::path& path) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(path, error)))
    return failure(ErrorCode::already_exists, "a private key is not overwritten", path.string(),
                   "Move the file away first if the key is no longer used");
  QORGAN_TRY(const crypto::SecretBytes pem, identity.to_pem());
  return write_file_atomically(path, pem.expose(), FileMode::private_file);
}

}  // namespace qorgan::net
