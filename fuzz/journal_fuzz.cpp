// A log's journal: what is read is written again to the same bytes.
#include "ledger/journal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const qorgan::ByteView bytes(data, size);
  if (const auto record = qorgan::ledger::parse_journal_payload(bytes)) {
    const qorgan::Bytes again = record->payload();
    QORGAN_ASSERT(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  }
  if (const auto content = qorgan::ledger::parse_journal(bytes, "here"))
    QORGAN_ASSERT(!content->state.empty() && content->size_bytes <= size);
  return 0;
}
