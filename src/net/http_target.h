// What HTTP addresses things by, read as hostile: a request's target and a server's URL.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/address.h"

namespace qorgan::net {

struct HttpTarget {
  std::string path;   // decoded
  std::string query;  // as it came
};

// Origin form alone (RFC 9112, 3.2.1). A path that could be understood in two ways is refused rather than made plain:
// "." and ".." as a part, an empty part but for the last, a '/' or '\' that was written with '%', anything decoded
// that is not printable ASCII. Errors: invalid_input.
Result<HttpTarget> parse_http_target(std::string_view target);

// http or https, host and port, and a path without its final '/'.
struct HttpUrl {
  bool tls = false;
  Address address;
  std::string path;

  // "https://host:port/path"
  std::string text() const;
};

// The port may be left out (80, 443). No user, no query, no fragment. Errors: invalid_input.
Result<HttpUrl> parse_http_url(std::string_view text);

}  // namespace qorgan::net
