#include "ledger/checkpoint.h"

#include <fmt/format.h>

#include "ledger/text.h"

namespace qorgan::ledger {

std::string Checkpoint::text() const {
  return fmt::format("{}\n{}\n{}\n", origin, size, to_base64(root));
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  const auto wrong = [](const char* what) { return failure(ErrorCode::invalid_input, what, "checkpoint"); };
  const auto origin = take_line(text);
  const auto size_line = take_line(text);
  const auto root_line = take_line(text);
  if (!root_line || !text.empty()) return wrong("a checkpoint has not exactly three lines");
  if (origin->empty()) return wrong("a checkpoint has no origin");
  const auto size = parse_decimal(*size_line);
  if (!size) return wrong("a checkpoint's size is no number of entries");
  const auto root = parse_hash(*root_line);
  if (!root) return wrong("a checkpoint's root is not 32 bytes of Base 64");
  return Checkpoint{std::string(*origin), *size, *root};
}

Result<SignedCheckpoint> open_checkpoint(std::string_view whole, const VerifierKey& log,
                                         std::span<const VerifierKey> cosigners) {
  SignedCheckpoint opened;
  QORGAN_TRY(opened.note, parse_note(whole));
  QORGAN_TRY(opened.checkpoint, parse_checkpoint(opened.note.text));
  if (opened.checkpoint.origin != log.name)
    return failure(ErrorCode::wrong_network, "a checkpoint is of another log", opened.checkpoint.origin);
  std::vector<VerifierKey> trusted{log};
  trusted.insert(trusted.end(), cosigners.begin(), cosigners.end());
  QORGAN_TRY(const std::vector<VerifiedSignature> verified, verify_note(opened.note, trusted));
  bool log_signed = false;
  for (const VerifiedSignature& signature : verified) {
    if (signature.key == log) {
      log_signed = true;
    } else {
      opened.cosignatures.push_back(signature);
    }
  }
  if (!log_signed) return failure(ErrorCode::refused, "a checkpoint is not signed by its log", log.name);
  return opened;
}

}  // namespace qorgan::ledger
