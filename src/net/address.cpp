#include "net/address.h"

#include <fmt/format.h>

#include <charconv>

namespace qorgan::net {
namespace {

// RFC 1035, 3.1, as text without the final dot.
constexpr std::size_t kHostBytesMax = 253;

tl::unexpected<Error> wrong(std::string what, std::string_view text) {
  return failure(ErrorCode::invalid_input, std::move(what), std::string(text.substr(0, kHostBytesMax)),
                 "Write it as host:port, for example 127.0.0.1:7311 or [::1]:7311");
}

// False where `text` is not a whole number from 0 to 65535.
bool parse_port(std::string_view text, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string Address::text() const {
  if (host.find(':') != std::string::npos) return fmt::format("[{}]:{}", host, port);
  return fmt::format("{}:{}", host, port);
}

Result<Address> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong("an address has no port", text);
  Address address;
  if (!parse_port(text.substr(colon + 1), address.port)) return wrong("an address has no port from 0 to 65535", text);
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (bracketed != (host.find(':') != std::string_view::npos))
    return wrong("an IPv6 address, and nothing else, stands in brackets", text);
  if (host.empty() || host.size() > kHostBytesMax) return wrong("an address has no usable host", text);
  address.host = host;
  return address;
}

}  // namespace qorgan::net
