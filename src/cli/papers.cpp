#include "cli/papers.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"

namespace qorgan::cli {
namespace {

namespace fs = std::filesystem;

// Each form is made when it is asked for.
template <class Text, class Json, class Paper>
Status write(const fs::path& path, Text text, Json json, Paper paper) {
  QORGAN_CHECK(check_paper_file(path));
  const std::string ending = path.extension().string();
  Bytes content;
  if (ending == ".json") {
    const std::string made = json();
    content.assign(made.begin(), made.end());
  } else if (ending == ".txt") {
    QORGAN_TRY(const std::string made, text());
    content.assign(made.begin(), made.end());
  } else {
    QORGAN_TRY(const rights::Paper made, paper());
    QORGAN_TRY(content, rights::render_pdf(made));
  }
  const Status written = write_file_atomically(path, content, FileMode::private_file);
  crypto::wipe(content);
  return written;
}

// A disk without room is found out before anything is asked for, too.
Status check_room(const fs::path& path) {
  const fs::path trial = fs::absolute(path).parent_path() / fmt::format(".qorgan-room.{}", ::getpid());
  const Bytes largest(limits::receipt_text_bytes_max);
  const Status written = write_file_atomically(trial, largest, FileMode::private_file);
  std::error_code ignored;
  fs::remove(trial, ignored);
  if (written) return {};
  return failure(written.error().code, "the paper could not be written here; nothing was asked for", path.string(),
                 "Make room, or name another file");
}

}  // namespace

Status check_paper_file(const fs::path& path) {
  if (path.empty()) return {};
  const std::string ending = path.extension().string();
  if (ending != ".txt" && ending != ".pdf" && ending != ".json")
    return failure(ErrorCode::invalid_input, "a paper's file has another ending than .txt, .pdf or .json",
                   path.string());
  std::error_code ignored;
  if (fs::exists(path, ignored))
    return failure(ErrorCode::already_exists, "the file is there already", path.string(), "Name another one");
  if (!fs::is_directory(fs::absolute(path, ignored).parent_path(), ignored))
    return failure(ErrorCode::not_found, "there is no such folder", path.parent_path().string());
  return check_room(path);
}

Status write_receipt(const rights::EnrolmentReceipt& receipt, const rights::SubjectSecret* secret, const fs::path& path,
                     rights::Language language) {
  return write(
      path, [&]() -> Result<std::string> { return rights::receipt_text(receipt, secret, language); },
      [&] { return receipt.text(); },
      [&]() -> Result<rights::Paper> { return rights::receipt_paper(receipt, secret, language); });
}

Status write_certificate(const rights::ErasureCertificate& certificate, const fs::path& path,
                         rights::Language language) {
  Status written = write(
      path, [&] { return rights::certificate_text(certificate, language); }, [&] { return certificate.text(); },
      [&] { return rights::certificate_paper(certificate, language); });
  if (!written)
    written.error().remedy =
        fmt::format("Everything is erased. For the certificate repeat the command within an hour, with --request-id {}",
                    to_hex(certificate.request));
  return written;
}

Status write_absence(const rights::Absence& absence, const fs::path& path, rights::Language language) {
  return write(
      path, [&] { return rights::absence_text(absence, language); }, [&] { return absence.text(); },
      [&] { return rights::absence_paper(absence, language); });
}

}  // namespace qorgan::cli
