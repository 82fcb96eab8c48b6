#include "desk/pending_secret.h"

#include "base/file.h"

namespace qorgan::desk {

namespace fs = std::filesystem;

PendingSecret::PendingSecret(const fs::path& folder, const protocol::RequestId& id)
    : path_(folder / "pending" / to_hex(id)) {}

Result<rights::SubjectSecret> PendingSecret::open() {
  constexpr std::size_t kBytes = rights::SubjectSecret::size_bytes;
  std::error_code error;
  if (fs::exists(path_, error)) {
    QORGAN_TRY(Bytes content, read_file(path_, kBytes));
    const crypto::SecretBytes read(std::move(content));
    if (read.size() != kBytes)
      return failure(ErrorCode::damaged, "the secret of an enrolment under way cannot be read", path_.string(),
                     "Remove the file and enrol anew");
    return rights::SubjectSecret(read.expose().first<kBytes>());
  }
  fs::create_directories(path_.parent_path(), error);
  if (!error) fs::permissions(path_.parent_path(), fs::perms::owner_all, error);
  if (error)
    return failure(ErrorCode::unavailable, "cannot make a folder (" + error.message() + ")",
                   path_.parent_path().string());
  rights::SubjectSecret secret = rights::make_secret();
  QORGAN_CHECK(write_file_atomically(path_, secret.expose(), FileMode::private_file));
  is_fresh_ = true;
  return secret;
}

void PendingSecret::forget() {
  // Where it cannot be overwritten it goes all the same.
  if (destroy_file(path_)) return;
  std::error_code ignored;
  fs::remove(path_, ignored);
}

}  // namespace qorgan::desk
