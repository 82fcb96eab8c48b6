// A policy, as a note or as its text alone: what is read writes the same text again.
#include "ledger/note.h"
#include "policy/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qorgan;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto note = ledger::parse_note(input);
  const std::string_view text = note ? std::string_view(note->text) : input;
  const auto policy = policy::parse_policy(text);
  if (!policy) return 0;
  QORGAN_ASSERT(policy->text() == text);
  policy::Question question;
  question.desk = "desk";
  question.operator_name = "operator";
  question.purpose = "identification";
  question.operation = policy::Operation::identify;
  QORGAN_ASSERT(!policy->decide(question, {}, 1'795'406'809).allowed());
  return 0;
}
