// A signing key in a file or on a token, as commands are told of it.
#pragma once

#include <memory>
#include <string>

#include "cli/command.h"
#include "crypto/signer.h"
#include "ledger/note.h"

namespace qorgan::cli {

struct SignerOptions {
  std::string name;      // that the key signs under
  std::string key_file;  // one of this and the three below
  std::string module;
  std::string token;
  std::string key_label;
  std::string pin_file;  // else QORGAN_PIN, else a question on the terminal
};

void add_signer_options(CLI::App& command, SignerOptions& options);
// Errors: invalid_input where neither or both places are named; those of the key's place.
Result<std::unique_ptr<crypto::Signer>> open_signer(const SignerOptions& options);
// A new key in that place. Errors: already_exists and as above.
Result<std::unique_ptr<crypto::Signer>> create_signer(const SignerOptions& options);
// Errors: invalid_input where the name is none for a key.
Result<ledger::VerifierKey> verifier_of(const SignerOptions& options, const crypto::Signer& signer);

}  // namespace qorgan::cli
