// The papers that people get: receipt, certificate of erasure, statement of absence. Their text form ends in a part for
// programs; it is valid only as a whole, since the words are made anew from that part and compared.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rights/absence.h"
#include "rights/erasure.h"
#include "rights/paper.h"
#include "rights/receipt.h"

namespace qorgan::rights {

// `secret` may be null: it is then not printed. Whoever renders a paper with a secret wipes what comes out.
Paper receipt_paper(const EnrolmentReceipt& receipt, const SubjectSecret* secret, Language language);
// The certificate's statements are shown as they stand; errors: as open_erasure's and open_notices'.
Result<Paper> certificate_paper(const ErasureCertificate& certificate, Language language);
Result<Paper> absence_paper(const Absence& absence, Language language);

std::string receipt_text(const EnrolmentReceipt& receipt, const SubjectSecret* secret, Language language);
Result<std::string> certificate_text(const ErasureCertificate& certificate, Language language);
Result<std::string> absence_text(const Absence& absence, Language language);

// A file of any form, and what it says. A JSON form has no language; only a receipt's text may have a secret.
template <class Content>
struct ReadPaper {
  Content content;
  std::optional<Language> language;
  std::optional<SubjectSecret> secret;
};
// Takes JSON (from '{') or the text form, in which every character is compared; nothing else is verified yet. Errors:
// invalid_input, damaged (the first line that is not as it was printed), version_mismatch.
Result<ReadPaper<EnrolmentReceipt>> read_receipt(std::string_view file);
Result<ReadPaper<ErasureCertificate>> read_certificate(std::string_view file);
Result<ReadPaper<Absence>> read_absence(std::string_view file);

}  // namespace qorgan::rights
