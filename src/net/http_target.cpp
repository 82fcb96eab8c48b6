#include "net/http_target.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/limits.h"

namespace qorgan::net {
namespace {

bool is_visible_ascii(char c) {
  return c > ' ' && c < 0x7f;
}

tl::unexpected<Error> wrong_target(std::string what) {
  return failure(ErrorCode::invalid_input, std::move(what));
}

Result<std::string> decode_percent(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '%') {
      const auto byte = from_hex(text.substr(at + 1, 2));
      if (!byte || byte->size() != 1) return wrong_target("a '%' without two hexadecimal digits in a request's path");
      c = static_cast<char>(byte->front());
      at += 2;
      if (c == '/') return wrong_target("a '/' written with '%' in a request's path");
    }
    if (c != ' ' && !is_visible_ascii(c)) return wrong_target("a request's path is not printable ASCII");
    if (c == '\\') return wrong_target("a '\\' in a request's path");
    out += c;
  }
  return out;
}

// RFC 3986, 3.3: the parts between slashes.
Status check_parts(std::string_view path) {
  std::size_t begin = 1;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part == "." || part == "..") return wrong_target("'.' or '..' in a request's path");
    if (part.empty() && end != path.size()) return wrong_target("an empty part in a request's path");
    begin = end + 1;
  }
  return {};
}

tl::unexpected<Error> wrong_url(std::string what, std::string_view text) {
  return failure(ErrorCode::invalid_input, std::move(what), std::string(text.substr(0, limits::name_bytes_max)),
                 "Write it as http://host:port/path or https://host:port/path");
}

// "host" and "[::1]" get the scheme's port.
Result<Address> parse_authority(std::string_view authority, std::uint16_t port_default) {
  const bool has_port = !authority.empty() && authority.back() != ']' && authority.find(':') != std::string_view::npos;
  return parse_address(has_port ? std::string(authority) : std::string(authority) + ":" + std::to_string(port_default));
}

}  // namespace

Result<HttpTarget> parse_http_target(std::string_view target) {
  if (target.size() > limits::http_target_bytes_max) return wrong_target("a request's target is too long");
  if (target.empty() || target.front() != '/') return wrong_target("a request's target does not begin with '/'");
  if (!std::all_of(target.begin(), target.end(), is_visible_ascii) || target.find('#') != std::string_view::npos)
    return wrong_target("a request's target has a character that must be written with '%'");
  const std::size_t question = std::min(target.find('?'), target.size());
  HttpTarget parsed;
  QORGAN_TRY(parsed.path, decode_percent(target.substr(0, question)));
  QORGAN_CHECK(check_parts(parsed.path));
  if (question < target.size()) parsed.query = target.substr(question + 1);
  return parsed;
}

std::string HttpUrl::text() const {
  return (tls ? "https://" : "http://") + address.text() + path;
}

Result<HttpUrl> parse_http_url(std::string_view text) {
  constexpr std::string_view kPlain = "http://";
  constexpr std::string_view kTls = "https://";
  if (text.size() > limits::http_target_bytes_max) return wrong_url("a URL is too long", text);
  HttpUrl url;
  url.tls = text.starts_with(kTls);
  if (!url.tls && !text.starts_with(kPlain)) return wrong_url("a URL is neither http nor https", text);
  const std::string_view rest = text.substr(url.tls ? kTls.size() : kPlain.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  if (authority.find_first_of("@?#") != std::string_view::npos ||
      authority.find_first_of("%\\ ") != std::string_view::npos)
    return wrong_url("a URL's host is not one", text);
  QORGAN_TRY(url.address, parse_authority(authority, url.tls ? 443 : 80));
  std::string_view path = rest.substr(slash);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return url;
  if (path.ends_with('/')) return wrong_url("a URL's path ends in two slashes", text);
  const Result<HttpTarget> target = parse_http_target(path);
  // A base is written plainly: what needs decoding, or has a query, is none.
  if (!target || target->path != path) return wrong_url("a URL's path cannot be used", text);
  url.path = path;
  return url;
}

}  // namespace qorgan::net
