// Where a program listens: a host and a TCP port.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace qorgan::net {

struct Address {
  std::string host;  // a name, an IPv4 or an IPv6 address (without brackets)
  std::uint16_t port = 0;

  // "host:port", and "[::1]:port" for IPv6 (RFC 3986, 3.2.2).
  std::string text() const;
  bool operator==(const Address&) const = default;
};

// The reverse of text(). invalid_input: no port, a port outside 0..65535, an empty host, or one longer than a DNS name.
Result<Address> parse_address(std::string_view text);

}  // namespace qorgan::net
