#include "rights/language.h"

#include <algorithm>

namespace qorgan::rights {
namespace {

constexpr std::array<std::string_view, 3> kCodes = {"kk", "ru", "en"};

}  // namespace

std::string_view language_code(Language language) {
  return kCodes[static_cast<std::size_t>(language)];
}

Result<Language> language_from_code(std::string_view code) {
  const auto found = std::find(kCodes.begin(), kCodes.end(), code);
  if (found == kCodes.end())
    return failure(ErrorCode::invalid_input, "not a language of this program", std::string(code.substr(0, 16)),
                   "Choose kk, ru or en");
  return static_cast<Language>(found - kCodes.begin());
}

const std::string& in(const policy::Words& words, Language language) {
  return language == Language::kk ? words.kk : language == Language::ru ? words.ru : words.en;
}

}  // namespace qorgan::rights
