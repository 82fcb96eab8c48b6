// Entries of a custodian's log and their openings: what is read is written again to the same bytes.
#include "ledger/leaf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qorgan::ledger;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto leaf = parse_leaf(text)) {
    QORGAN_ASSERT(leaf->text() == text);
    QORGAN_ASSERT(check_leaf(*leaf));
  }
  if (const auto opening = parse_opening(text)) QORGAN_ASSERT(opening->text() == text);
  return 0;
}
