// Signed notes, checkpoints and verifier keys: what is read is written again to the same bytes.
#include "ledger/checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qorgan::ledger;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto note = parse_note(text)) {
    QORGAN_ASSERT(note->format() == text);
    if (const auto checkpoint = parse_checkpoint(note->text)) {
      QORGAN_ASSERT(checkpoint->text() == note->text);
      // Nobody's signature is the fuzzer's to make.
      const VerifierKey log{checkpoint->origin, KeyType::ed25519, {}};
      QORGAN_ASSERT(!open_checkpoint(text, log, {}));
    }
  }
  if (const auto lines = parse_signature_lines(text)) {
    std::string again;
    for (const NoteSignature& signature : *lines) again += signature.line();
    QORGAN_ASSERT(again == text);
  }
  if (const auto key = parse_verifier_key(text)) QORGAN_ASSERT(key->text() == text);
  return 0;
}
