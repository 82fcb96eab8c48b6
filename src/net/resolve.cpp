#include "net/resolve.h"

#include <netdb.h>

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "base/limits.h"

namespace qorgan::net {
namespace {

using boost::asio::ip::tcp;

std::atomic<int> lookups_under_way = 0;

// Shared with a thread that getaddrinfo may hold longer than the caller waits: it cannot be interrupted.
struct Lookup {
  std::mutex mutex;
  std::condition_variable done;
  std::optional<Result<Endpoints>> result;
};

tl::unexpected<Error> lookup_failure(int code, const Address& address) {
  const bool unknown = code == EAI_NONAME || code == EAI_NODATA;
  return failure(unknown ? ErrorCode::not_found : ErrorCode::unavailable,
                 std::string("the host's name cannot be looked up (") + ::gai_strerror(code) + ")", address.text(),
                 "Check the name, or write the IP address");
}

Result<Endpoints> look_up(const Address& address) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int code = ::getaddrinfo(address.host.c_str(), nullptr, &hints, &list);
  if (code != 0) return lookup_failure(code, address);
  Endpoints endpoints;
  for (const addrinfo* item = list; item != nullptr; item = item->ai_next) {
    tcp::endpoint endpoint;
    if (item->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), item->ai_addr, item->ai_addrlen);
    endpoint.resize(item->ai_addrlen);
    endpoint.port(address.port);
    endpoints.push_back(endpoint);
  }
  ::freeaddrinfo(list);
  if (endpoints.empty()) return lookup_failure(EAI_NONAME, address);
  return endpoints;
}

Status start_lookup(const std::shared_ptr<Lookup>& lookup, const Address& address) {
  if (++lookups_under_way > limits::name_lookups_max) {
    --lookups_under_way;
    return failure(ErrorCode::busy, "too many host names are being looked up", address.text());
  }
  try {
    std::thread([lookup, address] {
      Result<Endpoints> result = look_up(address);
      --lookups_under_way;
      const std::lock_guard lock(lookup->mutex);
      lookup->result = std::move(result);
      lookup->done.notify_one();
    }).detach();
  } catch (const std::system_error&) {
    --lookups_under_way;
    return failure(ErrorCode::busy, "no thread can be started", address.text());
  }
  return {};
}

}  // namespace

Result<Endpoints> resolve(const Address& address, Deadline deadline) {
  boost::system::error_code not_numeric;
  const auto numeric = boost::asio::ip::make_address(address.host, not_numeric);
  if (!not_numeric) return Endpoints{tcp::endpoint(numeric, address.port)};
  const auto lookup = std::make_shared<Lookup>();
  QORGAN_CHECK(start_lookup(lookup, address));
  std::unique_lock lock(lookup->mutex);
  if (!lookup->done.wait_until(lock, deadline.at(), [&] { return lookup->result.has_value(); }))
    return failure(ErrorCode::timeout, "the host's name was not looked up within the time allowed", address.text());
  return *lookup->result;
}

}  // namespace qorgan::net
