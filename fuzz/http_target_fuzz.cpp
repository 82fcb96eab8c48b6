// A request's target, and a URL: what is accepted is plain, and a URL is written as it was meant.
#include <algorithm>

#include "base/result.h"
#include "net/http_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto target = qorgan::net::parse_http_target(text)) {
    const std::string path = target->path + "/";
    QORGAN_ASSERT(path.front() == '/' && path.find("/../") == std::string::npos);
    QORGAN_ASSERT(path.find("/./") == std::string::npos);
    QORGAN_ASSERT(std::all_of(path.begin(), path.end(), [](char c) { return c >= ' ' && c < 0x7f && c != '\\'; }));
  }
  if (const auto url = qorgan::net::parse_http_url(text)) {
    const auto again = qorgan::net::parse_http_url(url->text());
    QORGAN_ASSERT(again.has_value() && again->text() == url->text());
  }
  return 0;
}
