#include <fmt/format.h>

#include "base/limits.h"
#include "ledger/text.h"
#include "ledger/witness.h"

namespace qorgan::ledger {

std::string AddCheckpoint::text() const {
  return fmt::format("old {}\n{}{}", old_size, proof_lines(proof), checkpoint);
}

Result<AddCheckpoint> parse_add_checkpoint(std::string_view text) {
  const auto wrong = [](const char* what) { return failure(ErrorCode::invalid_input, what, "add-checkpoint"); };
  if (!take_prefix(text, "old ")) return wrong("a request to cosign does not begin with the old size");
  const auto old_size = parse_decimal(take_line(text).value_or(""));
  if (!old_size) return wrong("the old size is no number");
  auto proof = take_proof(text);
  if (!proof) return wrong("the consistency proof is not at most 63 lines of 32 bytes in Base 64, and an empty line");
  if (text.empty() || text.size() > limits::note_bytes_max) return wrong("the checkpoint is missing or too long");
  return AddCheckpoint{*old_size, std::move(*proof), std::string(text)};
}

}  // namespace qorgan::ledger
