// A signing key in a file of its owner's alone: the 32-byte seed of RFC 8032 and nothing else.
#pragma once

#include <filesystem>

#include "crypto/sign.h"

namespace qorgan::crypto {

// Errors: not_found, unavailable; refused where others than the owner may read the file; damaged where it has not 32
// bytes.
Result<SignKeyPair> load_sign_key(const std::filesystem::path& path);

// From fresh random bytes, written with mode 600. Errors: already_exists, storage_full, unavailable.
Result<SignKeyPair> create_sign_key(const std::filesystem::path& path);

}  // namespace qorgan::crypto
