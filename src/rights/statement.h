// Statements that a custodian signs for a person: a note (C2SP signed-note) by the key of its log, whose first line
// says what kind it is and whose second line is canonical JSON. No checkpoint looks like one: an origin has no spaces.
#pragma once

#include <string>
#include <string_view>

#include "crypto/signer.h"
#include "rights/evidence.h"

namespace qorgan::rights {

// Errors: the signer's.
Result<std::string> sign_statement(std::string_view kind, const net::Json& content, const ledger::VerifierKey& key,
                                   crypto::Signer& signer);
// The content of a statement of that kind that carries the key's signature and no other. Errors: invalid_input (form,
// another kind, JSON not canonical, a signature of another key besides), damaged, refused (not signed by the key).
Result<net::Json> open_statement(std::string_view note, std::string_view kind, const ledger::VerifierKey& key);

// Refuses an object that has other fields than these. Errors: invalid_input.
Status only_fields(const net::Json& object, std::initializer_list<std::string_view> names);

}  // namespace qorgan::rights
