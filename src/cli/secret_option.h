// A person's secret as a command takes it: never as a word of the command itself, which every user of the machine can
// read while it runs, and which stays in the shell's history.
#pragma once

#include <string>

#include "rights/secret.h"

namespace qorgan::cli {

inline constexpr const char* kSecretHelp =
    "A file with the secret on your receipt, or - to read it from standard input";

// "-": the first line of standard input, which a terminal is asked for; else a file's only line. Errors: those of the
// file; invalid_input where it is no secret, or stands in the option itself.
Result<rights::SubjectSecret> read_secret(const std::string& option);

}  // namespace qorgan::cli
