// Entries on their way to a mirror: what is read is written again to the same bytes.
#include "custodian/mirror_messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qorgan;
  const ByteView bytes(data, size);
  if (const auto entries = custodian::split_entries(bytes)) {
    const Bytes again = custodian::join_entries(*entries);
    QORGAN_ASSERT(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  }
  return 0;
}
