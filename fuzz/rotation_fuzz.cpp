// Statements of changes of keys: what is read comes out again to the byte.
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "protocol/rotation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto rotation = qorgan::protocol::parse_rotation(text);
  if (rotation) QORGAN_ASSERT(rotation->text() == text);
  return 0;
}
