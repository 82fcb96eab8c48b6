// Writing the papers that people get, in the form that the file's ending names: .txt, .pdf or .json.
#pragma once

#include <filesystem>

#include "rights/papers.h"

namespace qorgan::cli {

// Whether a paper can be written there, to be asked before anything is done that cannot be undone; an empty path asks
// for none. Errors: invalid_input (another ending), already_exists, not_found (no such folder), storage_full (no room
// for the largest of them), unavailable.
Status check_paper_file(const std::filesystem::path& path);

// Errors: invalid_input (another ending), already_exists, storage_full, unavailable, internal. Readable by the owner
// alone.
Status write_receipt(const rights::EnrolmentReceipt& receipt, const rights::SubjectSecret* secret,
                     const std::filesystem::path& path, rights::Language language);
Status write_certificate(const rights::ErasureCertificate& certificate, const std::filesystem::path& path,
                         rights::Language language);
Status write_absence(const rights::Absence& absence, const std::filesystem::path& path, rights::Language language);

}  // namespace qorgan::cli
