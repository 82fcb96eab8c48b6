// Small files, read whole and written so that they are there complete or not at all.
#pragma once

#include <filesystem>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace qorgan {

enum class FileMode { public_file = 0644, private_file = 0600 };

// Errors: not_found, invalid_input (a folder, or longer than size_bytes_max), unavailable (not readable).
Result<Bytes> read_file(const std::filesystem::path& path, std::size_t size_bytes_max);
Result<std::string> read_text_file(const std::filesystem::path& path, std::size_t size_bytes_max);

// Writes beside the path, syncs, renames and syncs the folder. Errors: storage_full, unavailable; the old file stays.
Status write_file_atomically(const std::filesystem::path& path, ByteView content, FileMode mode);

// Overwrites with zeros, syncs, and removes; no error where there is none. What the file system or the disk keeps of
// former versions, or copies beneath it, is beyond this. Errors: unavailable; the file may then be overwritten in part.
Status destroy_file(const std::filesystem::path& path);

}  // namespace qorgan
