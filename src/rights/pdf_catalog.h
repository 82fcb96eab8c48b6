// What a PDF's catalog should say for screen readers, and Cairo (1.16) leaves out.
#pragma once

#include <string_view>

#include "base/bytes.h"

namespace qorgan::rights {

// The PDF with an update appended (ISO 32000-1, 7.5.6) in which its catalog names the language, for example "kk",
// says that the content is tagged, and asks viewers to show the title. A PDF that has no plain cross-reference table,
// as no version 1.4 is, comes back as it was.
Bytes with_pdf_language(Bytes pdf, std::string_view language);

}  // namespace qorgan::rights
