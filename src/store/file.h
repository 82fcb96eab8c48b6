// The file itself: made whole or not at all, and read by its owner alone.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace qorgan::store {

// Whether there is a file. Errors: refused (others than its owner may read or write it, or it is no regular file),
// damaged (the file is empty, or there is none and a log without it: SQLite would read that into the next one),
// unavailable.
Result<bool> check_file(const std::filesystem::path& path);
// An empty file of mode 0600, in place of any that is there.
Status make_empty_file(const std::filesystem::path& path);
// Gives a finished file, which is not open any more, its name, both durably. Errors: already_exists, unavailable,
// storage_full.
Status put_in_place(const std::filesystem::path& finished, const std::filesystem::path& path);

}  // namespace qorgan::store
