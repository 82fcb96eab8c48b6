// The body of a witness's add-checkpoint: what is read is written again to the same bytes.
#include "ledger/witness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto request = qorgan::ledger::parse_add_checkpoint(text)) QORGAN_ASSERT(request->text() == text);
  return 0;
}
