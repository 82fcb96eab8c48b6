// A copy of the file for safe keeping.
#pragma once

#include <filesystem>

#include "store/sqlite.h"

namespace qorgan::store {

// As Store::back_up says.
Status back_up(Database& database, const std::filesystem::path& path);

}  // namespace qorgan::store
