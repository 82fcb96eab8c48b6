// Small texts by name. Changes run inside the caller's transaction.
#pragma once

#include "store/keys.h"
#include "store/sqlite.h"

namespace qorgan::store {

// In place of the one before. invalid_input: too large.
Status put_note(Database& database, const Keys& keys, const std::string& name, const std::string& text);
Result<std::optional<std::string>> find_note(Database& database, const Keys& keys, const std::string& name);
// Whether each row is authentic, and as many are there as the counts say. damaged.
Result<std::vector<NamedText>> notes_with_prefix(Database& database, const Keys& keys, const std::string& prefix);
Status drop_note(Database& database, const Keys& keys, const std::string& name);
Status check_notes(Database& database, const Keys& keys, const Counts& counts);

}  // namespace qorgan::store
