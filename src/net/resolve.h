// Host names to addresses, within a deadline. For this module's .cpp files alone.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/address.h"

namespace qorgan::net {

using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

// At least one endpoint, in the order to try them. An IP address is taken as it stands; a name is looked up. Errors:
// not_found (no such host), unavailable (the name service does not answer), timeout, busy (limits::name_lookups_max
// lookups under way).
Result<Endpoints> resolve(const Address& address, Deadline deadline);

}  // namespace qorgan::net
