// The three languages that everything for people is written in.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.h"
#include "policy/purpose.h"

namespace qorgan::rights {

enum class Language { kk, ru, en };
inline constexpr std::array kLanguages = {Language::kk, Language::ru, Language::en};

// "kk", "ru" or "en" (ISO 639-1).
std::string_view language_code(Language language);
// Errors: invalid_input.
Result<Language> language_from_code(std::string_view code);

// The text of that language.
const std::string& in(const policy::Words& words, Language language);

}  // namespace qorgan::rights
