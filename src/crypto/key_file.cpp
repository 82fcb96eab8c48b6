#include "crypto/key_file.h"

#include <sys/stat.h>

#include "base/file.h"
#include "crypto/random.h"

namespace qorgan::crypto {

Result<SignKeyPair> load_sign_key(const std::filesystem::path& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) == 0 && (about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return failure(ErrorCode::refused, "others than the owner may read a key file", path.string(),
                   "Set its mode to 600");
  QORGAN_TRY(Bytes content, read_file(path, Key::size_bytes));
  const SecretBytes seed(std::move(content));
  if (seed.size() != Key::size_bytes)
    return failure(ErrorCode::damaged, "a key file has not the length of its key", path.string());
  return sign_key_pair_from_seed(Key(seed.expose().first<Key::size_bytes>()));
}

Result<SignKeyPair> create_sign_key(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::exists(std::filesystem::symlink_status(path, error)))
    return failure(ErrorCode::already_exists, "the key file is there already", path.string(), "Name another one");
  const Key seed = random_key();
  QORGAN_CHECK(write_file_atomically(path, seed.expose(), FileMode::private_file));
  return sign_key_pair_from_seed(seed);
}

}  // namespace qorgan::crypto
