// The sentences of everything that is printed for people: content/words/receipt.{kk,ru,en}.json, part of the library.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "rights/language.h"

namespace qorgan::rights {

// The files' bytes.
ByteView receipt_words_kk();
ByteView receipt_words_ru();
ByteView receipt_words_en();

// The sentence of that name; it must be there (asserted; a test looks at all of them).
const std::string& phrase(Language language, std::string_view name);
// The same with each {place} filled in; what is filled in is not looked at again. A place that is not given stays.
std::string phrase(Language language, std::string_view name,
                   std::initializer_list<std::pair<std::string_view, std::string_view>> places);
// "finger right-index" and the like.
std::string finger_text(Language language, int position);

}  // namespace qorgan::rights
