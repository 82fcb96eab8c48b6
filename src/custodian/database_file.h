// A database that is not to be used any more, but not to be lost before there is another one either.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace qorgan::custodian {

// Gives the database of a custodian's folder, with SQLite's own files beside it, names ending in ".old". Where there
// are such already they stay, and the newer one goes: the first is the one to look into. No error where there is none.
// Nobody may have it open. Errors: unavailable.
Status set_database_aside(const std::filesystem::path& custodian_folder);
// Destroys what was set aside: whoever is erased from now on would still be in it. Errors: unavailable.
Status destroy_set_aside(const std::filesystem::path& custodian_folder);

}  // namespace qorgan::custodian
