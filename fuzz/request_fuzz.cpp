// A request as a desk sends it: what is read writes the same digest again.
#include <nlohmann/json.hpp>

#include "net/json_fields.h"
#include "protocol/request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = qorgan::net::parse_json_object(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!json) return 0;
  const auto request = qorgan::protocol::request_from_json(*json);
  if (!request) return 0;
  QORGAN_ASSERT(qorgan::protocol::has_prints(request->kind) != request->fingers.empty());
  const auto again = qorgan::protocol::request_from_json(qorgan::protocol::to_json(*request));
  QORGAN_ASSERT(again.has_value() && again->digest() == request->digest());
  return 0;
}
