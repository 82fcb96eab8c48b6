// A log that has lost its folder goes on from a copy that somebody else has kept of it.
#pragma once

#include <filesystem>
#include <string>

#include "ledger/tiles.h"

namespace qorgan::ledger {

// Makes the folder, to which `writer` has been given all entries, one that Log::open() opens: durably its tiles, the
// published checkpoint, and a journal that begins with it. `note` is that checkpoint, whole, with the log's own
// signature and at least one cosignature; its size and root are the writer's (asserted). Errors: invalid_input (no
// checkpoint); the disk's.
Status adopt_log(const std::filesystem::path& folder, TileWriter& writer, const std::string& note,
                 Disk& disk = Disk::system());

}  // namespace qorgan::ledger
