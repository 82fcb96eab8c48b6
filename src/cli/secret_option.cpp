#include "cli/secret_option.h"

#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "base/file.h"
#include "base/limits.h"

namespace qorgan::cli {
namespace {

void wipe(std::string& text) {
  crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

Result<std::string> read_line(const std::string& option) {
  std::string text;
  if (option == "-") {
    if (::isatty(STDIN_FILENO) == 1) std::fputs("Secret, as on the receipt: ", stderr);
    std::getline(std::cin, text);
    return text;
  }
  auto content = read_text_file(option, limits::name_bytes_max);
  if (content || content.error().code != ErrorCode::not_found) return content;
  // The text may be the secret itself: it is not said again.
  return failure(ErrorCode::invalid_input, "--secret names no file; the secret itself must not stand in a command", {},
                 "Every user of this machine can read commands: give --secret - and the secret on standard input");
}

}  // namespace

Result<rights::SubjectSecret> read_secret(const std::string& option) {
  QORGAN_TRY(std::string text, read_line(option));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  auto secret = rights::parse_secret(text);
  wipe(text);
  return secret;
}

}  // namespace qorgan::cli
