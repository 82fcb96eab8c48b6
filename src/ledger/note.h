// Signed notes (C2SP signed-note) with Ed25519 signatures (type 01) and timestamped cosignatures (C2SP
// tlog-cosignature, cosignature/v1, type 04).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/sign.h"
#include "crypto/signer.h"

namespace qorgan::ledger {

enum class KeyType : std::uint8_t { ed25519 = 0x01, cosignature = 0x04 };

// A key that one trusts, with the name that it signs under. A name is not empty and has no Unicode space, no '+', no
// control character.
struct VerifierKey {
  std::string name;
  KeyType type = KeyType::ed25519;
  crypto::SignPublicKey key{};

  // SHA-256(name || 0x0A || type || key)[:4], big-endian.
  std::uint32_t id() const;
  // "name+hex8+base64(type || key)": the vkey of C2SP signed-note.
  std::string text() const;
  bool operator==(const VerifierKey&) const = default;
};
// Errors: invalid_input (form, a type not known here, an id that is not the key's).
Result<VerifierKey> parse_verifier_key(std::string_view text);

struct NoteSignature {
  std::string name;
  std::uint32_t key_id = 0;
  Bytes signature;  // 64 bytes, or 8 bytes of time and 64 for a cosignature; others' are kept as they are
  // "— name base64(id || signature)\n"
  std::string line() const;
  bool operator==(const NoteSignature&) const = default;
};

// Whether name and id are this key's; the signature may still be wrong.
bool names_key(const NoteSignature& signature, const VerifierKey& key);

// A note taken apart; nothing in it is verified yet.
struct Note {
  std::string text;  // with its final newline, without the blank line
  std::vector<NoteSignature> signatures;
  // The whole note; what parse_note() took apart comes out to the byte.
  std::string format() const;
};

// Splits at the last blank line. Errors, all invalid_input: no blank line, text without final newline, not UTF-8, a
// control character other than newline, no signature, more than limits::note_signatures_max, a signature line of
// another form, larger than limits::note_bytes_max.
Result<Note> parse_note(std::string_view whole);
// One or more signature lines, as a witness answers. Same errors.
Result<std::vector<NoteSignature>> parse_signature_lines(std::string_view lines);

// Which trusted keys have signed, in the order of the note's lines; a key that signed twice counts once.
struct VerifiedSignature {
  VerifierKey key;
  std::int64_t time_s = 0;  // unix time of a cosignature, else 0
};
// Signatures of unknown keys (name and id must both match) are ignored. Errors: damaged where a known key's signature
// fails; refused where no known key has signed.
Result<std::vector<VerifiedSignature>> verify_note(const Note& note, std::span<const VerifierKey> trusted);

// `text` ends in a newline (asserted, and that it would parse).
Result<NoteSignature> sign_note(std::string_view text, const std::string& name, crypto::Signer& signer);
// Over "cosignature/v1\ntime T\n" and the text; T is unix time in seconds, not negative (asserted).
Result<NoteSignature> cosign_note(std::string_view text, const std::string& name, crypto::Signer& signer,
                                  std::int64_t time_s);

}  // namespace qorgan::ledger
