#include "ledger/witness_client.h"

#include <charconv>

namespace qorgan::ledger {
namespace {

constexpr const char* kSizeType = "text/x.tlog.size";
constexpr const char* kRestore = "Stop this custodian and restore the newest copy of its log";

// "N\n", as a witness tells what it knows.
std::optional<std::uint64_t> parse_size(const std::string& body) {
  std::uint64_t size = 0;
  const char* end = body.data() + body.size();
  const auto [stop, error] = std::from_chars(body.data(), end, size);
  if (error != std::errc() || std::string_view(stop, static_cast<std::size_t>(end - stop)) != "\n") return std::nullopt;
  return size;
}

}  // namespace

Result<NoteSignature> WitnessClient::cosign(const Checkpoint& checkpoint, const std::string& note) {
  // The second time the witness has told what it knows.
  for (int attempt = 0; attempt < 2; ++attempt) {
    QORGAN_TRY(const AddCheckpoint request, request_for(checkpoint, note));
    QORGAN_TRY(const WitnessAnswer answer, witness_.ask(request));
    if (answer.status == 200) return take_cosignature(checkpoint, answer);
    if (answer.status == 422 && is_told_) return other_history();
    if (answer.status != 409)
      return failure(ErrorCode::refused, "the witness answered with status " + std::to_string(answer.status),
                     witness_.key.name);
    QORGAN_CHECK(take_size(checkpoint, answer));
  }
  return failure(ErrorCode::refused, "the witness changes its mind about what it knows", witness_.key.name);
}

Result<AddCheckpoint> WitnessClient::request_for(const Checkpoint& checkpoint, const std::string& note) const {
  // Nothing is proven from a larger log; the witness says once more what it knows.
  AddCheckpoint request{known_size_ <= checkpoint.size ? known_size_ : 0, {}, note};
  QORGAN_TRY(request.proof, prove_consistency(request.old_size, checkpoint.size, tiles_.hashes(checkpoint.size)));
  return request;
}

// Signatures of other keys are ignored, as C2SP tlog-witness asks.
Result<NoteSignature> WitnessClient::take_cosignature(const Checkpoint& checkpoint, const WitnessAnswer& answer) {
  QORGAN_TRY(const auto signatures, parse_signature_lines(answer.body));
  for (const NoteSignature& signature : signatures) {
    if (signature.name != witness_.key.name || signature.key_id != witness_.key.id()) continue;
    QORGAN_TRY(const auto verified, verify_note({checkpoint.text(), {signature}}, std::span(&witness_.key, 1)));
    known_size_ = checkpoint.size;
    is_told_ = true;
    return signature;
  }
  return failure(ErrorCode::refused, "the witness answered without its cosignature", witness_.key.name);
}

// Success where it is worth to ask again.
Status WitnessClient::take_size(const Checkpoint& checkpoint, const WitnessAnswer& answer) {
  const auto size = parse_size(answer.body);
  if (answer.content_type != kSizeType || !size)
    return failure(ErrorCode::refused, "the witness does not say what it knows", witness_.key.name);
  const bool repeated = is_told_ && *size == known_size_;
  known_size_ = *size;
  is_told_ = true;
  if (*size > checkpoint.size)
    return failure(ErrorCode::stale, "a witness knows of a larger log: this one was set back to an older copy",
                   witness_.key.name, kRestore);
  // From there it was proven already.
  return repeated ? other_history() : Status{};
}

tl::unexpected<Error> WitnessClient::other_history() const {
  return failure(ErrorCode::stale,
                 "a witness knows this log with other entries: this one was set back to an older copy, and went on",
                 witness_.key.name, kRestore);
}

}  // namespace qorgan::ledger
