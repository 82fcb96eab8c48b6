// Files below a folder over HTTP: those that a rule names, and nothing else.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "net/http.h"

namespace qorgan::net {

// How a file goes out.
struct HttpFile {
  std::string path;  // below the folder: parts between '/', none of them empty, "." or ".."
  std::string content_type;
  std::string cache_control;  // empty: no-store
};

// Which file a request's path stands for; nothing: none.
using HttpFileRule = std::function<std::optional<HttpFile>(std::string_view path)>;

// Answers GET with a regular file that lies below the folder itself: no symbolic link is followed on the way. 404 for
// everything else, 405 for other methods. What cannot be read, or is larger than bytes_max, is a 500.
HttpResponse serve_file(const std::filesystem::path& folder, const HttpRequest& request, const HttpFileRule& rule,
                        std::size_t bytes_max = limits::http_file_bytes_max);

}  // namespace qorgan::net
