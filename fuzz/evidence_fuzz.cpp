// An evidence file: what is read is written again alike, and judging it ends in a verdict or an error.
#include "ledger/evidence.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto evidence = qorgan::ledger::parse_evidence(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!evidence) return 0;
  const auto again = qorgan::ledger::parse_evidence(evidence->text());
  QORGAN_ASSERT(again.has_value() && again->text() == evidence->text());
  const auto verdict = qorgan::ledger::verify_evidence(*evidence);
  QORGAN_ASSERT(!verdict || !verdict->proven || !verdict->proves.empty());
  return 0;
}
