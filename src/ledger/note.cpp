#include "ledger/note.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "crypto/hash.h"
#include "ledger/text.h"

namespace qorgan::ledger {
namespace {

// An em dash (U+2014) and a space.
constexpr std::string_view kSignatureMark = "\xe2\x80\x94 ";
constexpr std::size_t kKeyIdBytes = 4;
constexpr std::size_t kTimeBytes = 8;

tl::unexpected<Error> wrong_note(std::string what) {
  return failure(ErrorCode::invalid_input, std::move(what));
}

// C2SP signed-note, "Format": UTF-8, and no control character below U+0020 other than newline.
bool is_note_text(std::string_view text) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; };
  return std::none_of(text.begin(), text.end(), control) && is_utf8(text);
}

Status check_note_text(std::string_view text) {
  if (text.size() > limits::note_bytes_max)
    return wrong_note(fmt::format("a note is longer than {} bytes", limits::note_bytes_max));
  if (!is_note_text(text)) return wrong_note("a note is not UTF-8, or holds control characters");
  return {};
}

Result<NoteSignature> parse_signature_line(std::string_view line) {
  const auto wrong = [] { return wrong_note("a signature line of a note has another form"); };
  if (!take_prefix(line, kSignatureMark)) return wrong();
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return wrong();
  NoteSignature signature;
  signature.name = line.substr(0, space);
  const Result<Bytes> bytes = from_base64(line.substr(space + 1));
  if (!is_key_name(signature.name) || !bytes || bytes->size() <= kKeyIdBytes) return wrong();
  signature.key_id = read_u32(*bytes);
  signature.signature.assign(bytes->begin() + kKeyIdBytes, bytes->end());
  return signature;
}

// `lines` has been checked by check_note_text().
Result<std::vector<NoteSignature>> split_signature_lines(std::string_view lines) {
  std::vector<NoteSignature> signatures;
  while (!lines.empty()) {
    const auto line = take_line(lines);
    if (!line) return wrong_note("the last line of a note has no end");
    if (signatures.size() == limits::note_signatures_max)
      return wrong_note(fmt::format("a note has more than {} signatures", limits::note_signatures_max));
    QORGAN_TRY(NoteSignature signature, parse_signature_line(*line));
    signatures.push_back(std::move(signature));
  }
  if (signatures.empty()) return wrong_note("a note has no signature");
  return signatures;
}

// C2SP tlog-cosignature, "Ed25519 signed message".
Bytes cosigned_message(std::string_view text, std::int64_t time_s) {
  const std::string message = fmt::format("cosignature/v1\ntime {}\n{}", time_s, text);
  return {message.begin(), message.end()};
}

bool verify_ed25519(const VerifierKey& key, ByteView message, ByteView signature) {
  crypto::Signature fixed{};
  if (signature.size() != fixed.size()) return false;
  std::copy(signature.begin(), signature.end(), fixed.begin());
  return crypto::verify(key.key, message, fixed);
}

// Nothing where the signature fails.
std::optional<VerifiedSignature> verify_signature(const VerifierKey& key, std::string_view text, ByteView signature) {
  if (key.type == KeyType::ed25519) {
    if (!verify_ed25519(key, as_bytes(text), signature)) return std::nullopt;
    return VerifiedSignature{key, 0};
  }
  if (signature.size() < kTimeBytes) return std::nullopt;
  const auto time_s = static_cast<std::int64_t>(read_u64(signature));
  // C2SP tlog-cosignature, "Format": at most 2^63 - 1.
  if (time_s < 0) return std::nullopt;
  if (!verify_ed25519(key, cosigned_message(text, time_s), signature.subspan(kTimeBytes))) return std::nullopt;
  return VerifiedSignature{key, time_s};
}

void assert_signable(std::string_view text, const std::string& name) {
  QORGAN_ASSERT(text.ends_with('\n') && is_note_text(text) && is_key_name(name));
}

}  // namespace

std::uint32_t VerifierKey::id() const {
  Bytes input(name.begin(), name.end());
  input.push_back('\n');
  input.push_back(static_cast<std::uint8_t>(type));
  input.insert(input.end(), key.begin(), key.end());
  return read_u32(crypto::sha256(input));
}

std::string VerifierKey::text() const {
  Bytes typed_key{static_cast<std::uint8_t>(type)};
  typed_key.insert(typed_key.end(), key.begin(), key.end());
  return fmt::format("{}+{:08x}+{}", name, id(), to_base64(typed_key));
}

Result<VerifierKey> parse_verifier_key(std::string_view text) {
  const auto wrong = [](const char* what) {
    return failure(ErrorCode::invalid_input, what, "verifier key", "Copy it again from whom it belongs to");
  };
  // Base 64 has plus signs of its own; the first two are the form's.
  const std::size_t name_end = text.find('+');
  const std::size_t id_end = name_end == std::string_view::npos ? name_end : text.find('+', name_end + 1);
  if (id_end == std::string_view::npos) return wrong("a verifier key has another form than name+id+key");
  VerifierKey key;
  key.name = text.substr(0, name_end);
  if (!is_key_name(key.name)) return wrong("a verifier key's name is empty, or holds a space or control character");
  const Result<Bytes> typed_key = from_base64(text.substr(id_end + 1));
  if (!typed_key || typed_key->size() != 1 + key.key.size()) return wrong("a verifier key is not 32 bytes and a type");
  key.type = static_cast<KeyType>(typed_key->front());
  if (key.type != KeyType::ed25519 && key.type != KeyType::cosignature)
    return wrong("a verifier key is of a type not known here");
  std::copy(typed_key->begin() + 1, typed_key->end(), key.key.begin());
  if (key.text() != text) return wrong("a verifier key's id is not that of its name and key");
  return key;
}

std::string NoteSignature::line() const {
  Bytes bytes;
  append_u32(bytes, key_id);
  bytes.insert(bytes.end(), signature.begin(), signature.end());
  return fmt::format("{}{} {}\n", kSignatureMark, name, to_base64(bytes));
}

bool names_key(const NoteSignature& signature, const VerifierKey& key) {
  return signature.name == key.name && signature.key_id == key.id();
}

std::string Note::format() const {
  std::string whole = text + "\n";
  for (const NoteSignature& signature : signatures) whole += signature.line();
  return whole;
}

Result<Note> parse_note(std::string_view whole) {
  QORGAN_CHECK(check_note_text(whole));
  const std::size_t blank = whole.rfind("\n\n");
  if (blank == std::string_view::npos) return wrong_note("a note has no blank line before its signatures");
  Note note;
  note.text = whole.substr(0, blank + 1);
  QORGAN_TRY(note.signatures, split_signature_lines(whole.substr(blank + 2)));
  return note;
}

Result<std::vector<NoteSignature>> parse_signature_lines(std::string_view lines) {
  QORGAN_CHECK(check_note_text(lines));
  return split_signature_lines(lines);
}

Result<std::vector<VerifiedSignature>> verify_note(const Note& note, std::span<const VerifierKey> trusted) {
  std::vector<VerifiedSignature> verified;
  for (const NoteSignature& signature : note.signatures) {
    const auto key = std::find_if(trusted.begin(), trusted.end(),
                                  [&signature](const VerifierKey& known) { return names_key(signature, known); });
    if (key == trusted.end()) continue;
    const auto valid = verify_signature(*key, note.text, signature.signature);
    if (!valid) return failure(ErrorCode::damaged, "a note's signature does not verify", signature.name);
    const bool again = std::any_of(verified.begin(), verified.end(),
                                   [&key](const VerifiedSignature& other) { return other.key == *key; });
    if (!again) verified.push_back(*valid);
  }
  if (verified.empty()) return failure(ErrorCode::refused, "nobody whose key is known here has signed a note");
  return verified;
}

Result<NoteSignature> sign_note(std::string_view text, const std::string& name, crypto::Signer& signer) {
  assert_signable(text, name);
  QORGAN_TRY(const crypto::Signature signature, signer.sign(as_bytes(text)));
  const VerifierKey key{name, KeyType::ed25519, signer.public_key()};
  return NoteSignature{name, key.id(), Bytes(signature.begin(), signature.end())};
}

Result<NoteSignature> cosign_note(std::string_view text, const std::string& name, crypto::Signer& signer,
                                  std::int64_t time_s) {
  assert_signable(text, name);
  QORGAN_ASSERT(time_s >= 0);
  QORGAN_TRY(const crypto::Signature signature, signer.sign(cosigned_message(text, time_s)));
  const VerifierKey key{name, KeyType::cosignature, signer.public_key()};
  NoteSignature cosignature{name, key.id(), {}};
  append_u64(cosignature.signature, static_cast<std::uint64_t>(time_s));
  cosignature.signature.insert(cosignature.signature.end(), signature.begin(), signature.end());
  return cosignature;
}

}  // namespace qorgan::ledger
