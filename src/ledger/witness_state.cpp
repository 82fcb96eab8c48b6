#include "ledger/witness_state.h"

#include <algorithm>

#include "base/limits.h"
#include "crypto/hash.h"

namespace qorgan::ledger {
namespace {

Result<Seen> parse_seen(std::string text, const std::string& origin, std::span<const VerifierKey> log_keys,
                        const VerifierKey& own_key) {
  Seen seen;
  QORGAN_TRY(const Note note, parse_note(text));
  QORGAN_TRY(seen.checkpoint, parse_checkpoint(note.text));
  if (seen.checkpoint.origin != origin) return failure(ErrorCode::damaged, "another log's checkpoint");
  std::vector<VerifierKey> known(log_keys.begin(), log_keys.end());
  known.push_back(own_key);
  QORGAN_TRY(const std::vector<VerifiedSignature> verified, verify_note(note, known));
  const auto own = std::find_if(verified.begin(), verified.end(),
                                [&own_key](const VerifiedSignature& signature) { return signature.key == own_key; });
  if (own != verified.end()) seen.time_s = own->time_s;
  seen.note = std::move(text);
  return seen;
}

}  // namespace

std::filesystem::path seen_path(const std::filesystem::path& folder, const std::string& origin) {
  return folder / (to_hex(crypto::sha256(as_bytes(origin))) + ".note");
}

Result<Seen> read_seen(Disk& disk, const std::filesystem::path& path, const std::string& origin,
                       std::span<const VerifierKey> log_keys, const VerifierKey& own_key) {
  const Result<Bytes> content = disk.read(path, limits::note_bytes_max);
  if (!content && content.error().code == ErrorCode::not_found) return Seen{{origin, 0, empty_root()}, 0, ""};
  if (!content) return tl::unexpected(content.error());
  Result<Seen> seen = parse_seen(std::string(content->begin(), content->end()), origin, log_keys, own_key);
  if (!seen)
    return failure(ErrorCode::damaged, "a witness cannot trust what it has kept of a log: " + seen.error().message(),
                   path.string(), "Restore the file; a key that it was signed with may also be missing here");
  return seen;
}

Status write_seen(Disk& disk, const std::filesystem::path& path, const Seen& seen) {
  return disk.write(path, as_bytes(seen.note), true);
}

}  // namespace qorgan::ledger
