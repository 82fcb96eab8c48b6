// Where the files of a log (C2SP tlog-tiles) are read from: a folder, or HTTP.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace qorgan::ledger {

class LogSource {
 public:
  LogSource() = default;
  virtual ~LogSource() = default;
  LogSource(const LogSource&) = delete;
  LogSource& operator=(const LogSource&) = delete;

  // "checkpoint", or the path of a tile (TileId::path()). Nothing that it gives has been checked. Errors: not_found
  // where there is no such file; damaged where it is larger; those of reading a file, or of net/http_client.h.
  virtual Result<Bytes> fetch(const std::string& path, std::size_t bytes_max) = 0;
  // For people.
  virtual std::string name() const = 0;
};

// A folder's path, "http://host:port/path", or "https://host:port/path#PIN" (net/identity.h). Errors: invalid_input.
Result<std::unique_ptr<LogSource>> open_source(std::string_view where);

}  // namespace qorgan::ledger
