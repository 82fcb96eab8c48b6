#include "rights/statement.h"

#include <algorithm>
#include <array>

#include "base/limits.h"

namespace qorgan::rights {

Result<std::string> sign_statement(std::string_view kind, const net::Json& content, const ledger::VerifierKey& key,
                                   crypto::Signer& signer) {
  ledger::Note note;
  note.text = std::string(kind) + "\n" + content.dump() + "\n";
  QORGAN_TRY(ledger::NoteSignature signature, ledger::sign_note(note.text, key.name, signer));
  note.signatures.push_back(std::move(signature));
  return note.format();
}

Result<net::Json> open_statement(std::string_view whole, std::string_view kind, const ledger::VerifierKey& key) {
  QORGAN_TRY(const ledger::Note note, ledger::parse_note(whole));
  if (note.signatures.size() != 1 || note.format() != whole)
    return failure(ErrorCode::invalid_input, "a statement carries another signature than its custodian's alone");
  QORGAN_CHECK(ledger::verify_note(note, std::array{key}));
  const std::string first_line = std::string(kind) + "\n";
  if (!note.text.starts_with(first_line))
    return failure(ErrorCode::invalid_input, "a statement is of another kind", {}, "Expected: " + std::string(kind));
  const std::string_view line = std::string_view(note.text).substr(first_line.size());
  QORGAN_TRY(net::Json content, net::parse_json_object(line));
  if (content.dump() + "\n" != line)
    return failure(ErrorCode::invalid_input, "a statement is not in its one canonical form");
  return content;
}

Status only_fields(const net::Json& object, std::initializer_list<std::string_view> names) {
  for (const auto& item : object.items())
    if (std::find(names.begin(), names.end(), item.key()) == names.end())
      return failure(ErrorCode::invalid_input, "a field that is not known here", item.key());
  return {};
}

}  // namespace qorgan::rights
