// Which of a log's files go out over HTTP, and how (C2SP tlog-tiles): nothing but the checkpoint and tiles.
#pragma once

#include "net/http_files.h"

namespace qorgan::ledger {

// A rule for net::serve_file(), with the log's own folder.
std::optional<net::HttpFile> log_file(std::string_view path);

}  // namespace qorgan::ledger
