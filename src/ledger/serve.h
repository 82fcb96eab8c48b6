// Which of a log's files go out over HTTP, and how (C2SP tlog-tiles): nothing but the checkpoint and tiles.
#pragma once

#include <cstdint>

#include "net/http_files.h"

namespace qorgan::ledger {

// A rule for net::serve_file(), with the log's own folder.
std::optional<net::HttpFile> log_file(std::string_view path);
// The same for a folder in which only what leads to a checkpoint of that size is sure to stay as it is.
std::optional<net::HttpFile> log_file(std::string_view path, std::uint64_t size);

}  // namespace qorgan::ledger
