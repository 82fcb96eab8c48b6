// HTTP requests and responses as this program sees them (RFC 9110), without their transport.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace qorgan::net {

struct HttpRequest {
  std::string method;  // "GET" (also where only the header is wanted: HEAD), "POST", ... as it came
  std::string path;    // decoded (http_target.h): printable ASCII that begins with '/', without "." and ".." in it
  std::string query;   // what follows the first '?', not decoded; may be empty
  std::map<std::string, std::string> headers;  // lower-case names; those of http_request_headers alone
  Bytes body;
  std::string remote;  // the client's IP address, to limit rates by: it is neither kept nor logged
};

// What a handler may want to know; the rest of a request's headers is dropped.
inline constexpr std::string_view http_request_headers[] = {
    "accept", "accept-language", "content-type", "cookie", "origin", "sec-fetch-site",
};

struct HttpResponse {
  int status = 200;
  std::string content_type;  // empty: none
  Bytes body;
  // A server adds what each response has (http_server.h); a client gives all of them, with lower-case names.
  std::vector<std::pair<std::string, std::string>> headers;
};

// A line of plain text, as refusals are.
inline HttpResponse text_response(int status, std::string_view text) {
  const ByteView bytes = as_bytes(text);
  return {status, "text/plain; charset=utf-8", Bytes(bytes.begin(), bytes.end()), {}};
}

}  // namespace qorgan::net
