#include "ledger/proof.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "ledger/text.h"

namespace qorgan::ledger {
namespace {

constexpr std::string_view kFirstLine = "c2sp.org/tlog-proof@v1\n";

tl::unexpected<Error> wrong_proof(const char* what) {
  return failure(ErrorCode::invalid_input, what, "log proof", "Get the proof again from the custodian");
}

// Cuts the extra line off the front, where there is one.
Result<Bytes> take_extra(std::string_view& rest) {
  if (!take_prefix(rest, "extra ")) return Bytes();
  const auto line = take_line(rest);
  const Result<Bytes> extra = from_base64(line.value_or("?"));
  if (!extra || extra->empty() || extra->size() > limits::proof_extra_bytes_max)
    return wrong_proof("a proof's extra data is no Base 64, empty, or too long");
  return extra;
}

}  // namespace

std::string LogProof::text() const {
  std::string whole(kFirstLine);
  if (!extra.empty()) whole += fmt::format("extra {}\n", to_base64(extra));
  return whole + fmt::format("index {}\n", index) + proof_lines(hashes) + checkpoint;
}

Result<LogProof> parse_log_proof(std::string_view text) {
  if (text.size() > limits::log_proof_bytes_max) return wrong_proof("a proof is longer than any this program makes");
  if (!take_prefix(text, kFirstLine)) return wrong_proof("a proof has another first line than c2sp.org/tlog-proof@v1");
  LogProof proof;
  QORGAN_TRY(proof.extra, take_extra(text));
  if (!take_prefix(text, "index ")) return wrong_proof("a proof does not say the entry's index");
  const auto index = parse_decimal(take_line(text).value_or(""));
  if (!index) return wrong_proof("a proof's index is no number");
  proof.index = *index;
  auto hashes = take_proof(text);
  if (!hashes) return wrong_proof("a proof's hashes are not at most 63 lines of 32 bytes in Base 64");
  proof.hashes = std::move(*hashes);
  QORGAN_CHECK(parse_note(text));
  proof.checkpoint = text;
  return proof;
}

Result<SignedCheckpoint> verify_log_proof(const LogProof& proof, ByteView entry, const TrustedLog& trusted) {
  QORGAN_TRY(SignedCheckpoint opened, open_checkpoint(proof.checkpoint, trusted.log, trusted.cosigners));
  if (static_cast<std::ptrdiff_t>(opened.cosignatures.size()) < trusted.cosignatures_min)
    return failure(ErrorCode::refused,
                   fmt::format("a checkpoint is cosigned by {} of the witnesses known here, of which {} are needed",
                               opened.cosignatures.size(), trusted.cosignatures_min),
                   trusted.log.name);
  QORGAN_CHECK(
      verify_inclusion(proof.index, opened.checkpoint.size, leaf_hash(entry), proof.hashes, opened.checkpoint.root));
  return opened;
}

}  // namespace qorgan::ledger
