// A warrant, as a note or as its text alone: what is read writes the same text again.
#include "ledger/note.h"
#include "policy/warrant.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qorgan;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto note = ledger::parse_note(input);
  const std::string_view text = note ? std::string_view(note->text) : input;
  const auto warrant = policy::parse_warrant(text);
  // No key signs in a network without courts.
  static const policy::Policy nobody = policy::Policy::make({}).value();
  QORGAN_ASSERT(!policy::check_warrant(input, nobody, {}, 0, 1'795'406'809));
  if (!warrant) return 0;
  QORGAN_ASSERT(warrant->text() == text);
  QORGAN_ASSERT(warrant->not_before_s <= warrant->not_after_s);
  return 0;
}
