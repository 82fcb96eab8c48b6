// A purpose as a file has it: what is read gives the same digest again.
#include <nlohmann/json.hpp>

#include "policy/purpose.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qorgan;
  const auto purpose = policy::parse_purpose(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!purpose) return 0;
  QORGAN_ASSERT(policy::is_id(purpose->id));
  QORGAN_ASSERT(!purpose->allows(policy::Operation::identify) || purpose->needs_warrant || purpose->one_bit);
  const auto again = policy::purpose_from_json(policy::to_json(*purpose));
  QORGAN_ASSERT(again.has_value() && *again == *purpose && again->digest() == purpose->digest());
  return 0;
}
